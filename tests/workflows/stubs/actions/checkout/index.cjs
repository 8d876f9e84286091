// Fetches a ref of the repository that MIP_TEST_REMOTE is. act itself puts the commit of the event into the workspace; where a step asks for another
// one, the workspace is empty, and what this repository publishes for others (MIP_TEST_PUBLISHED) is laid beside the files of that ref.
const { execFileSync } = require('node:child_process');
const { cpSync } = require('node:fs');
const { join } = require('node:path');

const {
  INPUT_REF: ref,
  INPUT_PATH: path,
  GITHUB_WORKSPACE: workspace,
  MIP_TEST_REMOTE: remote,
  MIP_TEST_PUBLISHED: published,
} = process.env;
const folder = join(workspace, path);
execFileSync('git', ['clone', '--quiet', '--no-checkout', remote, folder]);
try {
  execFileSync('git', ['fetch', '--quiet', 'origin', ref], { cwd: folder, stdio: 'pipe' });
} catch {
  console.log(`::error::A branch or tag with the name '${ref}' could not be found`);
  process.exit(1);
}
execFileSync('git', ['checkout', '--quiet', '--detach', 'FETCH_HEAD'], { cwd: folder });
if (path === '.') cpSync(join(published, 'actions'), join(folder, 'actions'), { recursive: true, force: false });
console.log(`checked out ${ref} into ${path}`);
