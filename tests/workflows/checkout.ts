/** A checkout as a runner has it: of a place's repository, with this repository's workflows and actions where it brings none of its own. */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, globSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cachedBundle } from '../../tools/bundle-cache.ts';
import type { Place } from '../actions/place.ts';

const root = join(import.meta.dirname, '..', '..');

/** What a run needs of this repository beside the actions: the judge of `build`. */
const SUPPORT = [
  '.github/workflows/*.yml',
  'actions/*/action.yml',
  'tools/conformance/*.py',
  'tests/oracles/image.py',
  'requirements/conformance.txt',
];

/** @param ref a branch, a tag or a commit; of a pull request, the merge that GitHub makes of it with its base. */
export async function checkOut(place: Place, ref: string | { readonly pullRequest: number }): Promise<string> {
  const folder = typeof ref === 'string' ? place.checkOut(ref) : checkOutMerge(place, ref.pullRequest);
  await layOut(folder);
  return folder;
}

/** What is committed here for others to use; nothing that is installed. */
export async function layOut(folder: string): Promise<void> {
  for (const file of globSync(SUPPORT, { cwd: root })) lay(join(root, file), join(folder, file));
  const names = globSync('actions/*/main.ts', { cwd: root }).map((file) => file.split('/')[1] ?? '');
  await Promise.all(names.map(async (name) => lay(await cachedBundle(root, name), join(folder, 'actions', name, 'dist'))));
}

let laidOut: Promise<string> | undefined;

/** A folder with what is committed here for others to use, and nothing else; it goes with the process. */
export function published(): Promise<string> {
  laidOut ??= (async () => {
    const folder = mkdtempSync(join(tmpdir(), 'mip-published-'));
    process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
    await layOut(folder);
    return folder;
  })();
  return laidOut;
}

function checkOutMerge(place: Place, number: number): string {
  const { head } = place.pullRequestPayload(number).pull_request;
  const folder = place.checkOut('main');
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=GitHub', '-c', 'user.email=noreply@github.com', ...args], { cwd: folder });
  git('fetch', '--quiet', 'origin', `refs/pull/${number}/head`, head.sha);
  git('merge', '--quiet', '--no-ff', '--message', `Merge ${head.sha}`, head.sha);
  return folder;
}

/** Not committed there: it is too much for every test, and nobody looks whether it is. */
function lay(from: string, to: string): void {
  if (!existsSync(to)) cpSync(from, to, { recursive: true });
}
