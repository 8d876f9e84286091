import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { imageFolders, treeHash } from '@mip/catalog';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { LocalPublisher } from './pack.ts';
import { withReleaseOf } from './release-sources.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'mip-release-'));
  git('init', '--quiet');
  write('algorithms/sdk/mip_sdk/worker.py', 'work');
  write('algorithms/kernels/kernel.c', 'int k;');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const git = (...args: string[]) =>
  execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.org', ...args], { cwd: root, encoding: 'utf8' });

function write(path: string, text: string): void {
  mkdirSync(join(root, path, '..'), { recursive: true });
  writeFileSync(join(root, path), text);
}

/** One commit with a version and its code. */
function commit(version: string, code: string): void {
  write('catalog/algorithms/seg.yaml', `name: seg\nversion: ${version}\nalgorithm_type: python\nsource: algorithms/seg\n`);
  write('algorithms/seg/algorithm.py', code);
  git('add', '-A');
  git('commit', '--quiet', '-m', version);
}

const codeOf = (version: string) =>
  withReleaseOf(root, { algorithm: 'seg', version }, async ({ root: tree, source }) =>
    readFileSync(join(tree, source, 'algorithm.py'), 'utf8'),
  );
const publisher = () => new LocalPublisher({ root, endpoint: 'http://127.0.0.1:9', algorithms: [] });

it('are those of the last commit that had the version, however often it was changed before', async () => {
  commit('1.0.0', 'first');
  commit('1.0.0', 'mended');
  write('algorithms/seg/algorithm.py', 'mended again');
  git('commit', '--quiet', '-am', 'without a word in the entry');
  commit('1.1.0', 'second');
  commit('1.2.0', 'third');
  expect(await codeOf('1.0.0')).toBe('mended again');
  expect(await codeOf('1.1.0')).toBe('second');
  expect(await codeOf('1.2.0')).toBe('third');
});

it('have the tree hash that they had in the work tree', async () => {
  commit('1.0.0', 'first');
  const then = await treeHash(root, imageFolders('algorithms/seg'));
  commit('1.1.0', 'second');
  write('algorithms/seg/algorithm.py', 'not committed');
  expect(await publisher().released('seg', '1.0.0')).toBe(then);
});

it('are not to be had of a version that never was, nor without a history', async () => {
  expect(await publisher().released('seg', '1.0.0')).toBeUndefined();
  commit('1.0.0', 'first');
  expect(await publisher().released('seg', '0.9.0')).toBeUndefined();
  expect(await publisher().released('other', '1.0.0')).toBeUndefined();
  rmSync(join(root, '.git'), { recursive: true });
  expect(await publisher().released('seg', '1.0.0')).toBeUndefined();
});
