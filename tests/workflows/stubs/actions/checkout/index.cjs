// Fetches a ref of the repository that MIP_TEST_REMOTE is. act itself puts the commit of the event into the workspace.
const { execFileSync } = require('node:child_process');
const { join } = require('node:path');

const { INPUT_REF: ref, INPUT_PATH: path, GITHUB_WORKSPACE: workspace, MIP_TEST_REMOTE: remote } = process.env;
const folder = join(workspace, path);
execFileSync('git', ['clone', '--quiet', '--no-checkout', remote, folder]);
try {
  execFileSync('git', ['fetch', '--quiet', 'origin', ref], { cwd: folder, stdio: 'pipe' });
} catch {
  console.log(`::error::A branch or tag with the name '${ref}' could not be found`);
  process.exit(1);
}
execFileSync('git', ['checkout', '--quiet', '--detach', 'FETCH_HEAD'], { cwd: folder });
console.log(`checked out ${ref} into ${path}`);
