import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { entryText, frozenText, Repository } from '@mip/catalog/testing/repository';
import { Command } from 'commander';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Context } from '../context.ts';
import { add } from './rollback.ts';

let repository: Repository;
let printed: string[];
const git = (...args: string[]) =>
  execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.org', ...args], { cwd: repository.root, encoding: 'utf8' });
const read = (path: string) => readFileSync(join(repository.root, path), 'utf8');

/** A commit that releases a version. */
function release(version: string, code: string): void {
  repository.algorithm('seg', entryText('seg').replace('version: 1.0.0', `version: ${version}`));
  repository.release('seg', version, frozenText('seg', { version }));
  repository.write('algorithms/seg/algorithm.py', code);
  git('add', '-A');
  git('commit', '--quiet', '-m', version);
}

beforeEach(() => {
  repository = new Repository();
  printed = [];
  git('init', '--quiet');
});
afterEach(() => repository.remove());

async function mip(...args: string[]): Promise<void> {
  const context = { root: repository.root, print: (text: string) => printed.push(text), warn: () => undefined } as unknown as Context;
  const program = new Command().option('--platform <name>', '', 'local').option('--json', '', false).exitOverride();
  add(program, context);
  await program.parseAsync(['rollback', ...args], { from: 'user' });
}

describe('mip rollback, on disk', () => {
  it('puts entry and source folder back to the release before, by version and not by time', async () => {
    release('1.9.0', 'nine');
    release('1.10.0', 'ten');
    release('1.10.1', 'newest');
    repository.write('algorithms/seg/later.py', '');
    git('add', '-A');
    git('commit', '--quiet', '-m', 'a file more');
    await mip('seg');
    expect(read('catalog/algorithms/seg.yaml')).toContain('version: 1.10.0');
    expect(read('algorithms/seg/algorithm.py')).toBe('ten');
    expect(git('status', '--porcelain')).toContain(' D algorithms/seg/later.py');
    expect(read('catalog/releases/seg/1.10.1.yaml')).toContain('1.10.1'); // what was released stays
    expect(printed[0]).toMatch(/^seg goes back from 1\.10\.1 to 1\.10\.0: /);
  });

  it('goes to the release that is named, and tells machines', async () => {
    release('1.0.0', 'first');
    release('1.1.0', 'second');
    release('1.2.0', 'third');
    await mip('seg', '--to', '1.0.0', '--json');
    expect(read('algorithms/seg/algorithm.py')).toBe('first');
    expect(JSON.parse(printed[0] ?? '')).toMatchObject({ algorithm: 'seg', from: '1.2.0', to: '1.0.0' });
  });

  it.each([
    [[], /there is no release of seg before 1\.0\.0/],
    [['--to', '0.5.0'], /the history here has no seg 0\.5\.0/],
    [['--to', '1.0.0'], /is at 1\.0\.0 already/],
    [['--to', 'catalog'], /ends a pin, which needs --now/],
  ])('%j is refused in a sentence', async (args, words) => {
    release('1.0.0', 'first');
    await expect(mip('seg', ...args)).rejects.toThrow(words);
    await expect(mip('other')).rejects.toThrow('the catalog has no algorithm other');
  });

  it('never writes over what is not committed', async () => {
    release('1.0.0', 'first');
    release('1.1.0', 'second');
    writeFileSync(join(repository.root, 'algorithms/seg/algorithm.py'), 'mine');
    await expect(mip('seg')).rejects.toThrow(/not committed/);
    expect(read('algorithms/seg/algorithm.py')).toBe('mine');
  });
});
