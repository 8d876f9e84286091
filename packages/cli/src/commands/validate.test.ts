import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Command } from 'commander';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Context, EXIT, Failure } from '../context.ts';
import { add } from './validate.ts';

const ENTRY = 'catalog/algorithms/alpha.yaml';
const TEXT = `name: alpha
version: 1.0.0
description: Does nothing.
algorithm_type: python
source: algorithms/alpha
cpu: 256
memory: 512
input: { scope: [instance], units: stored }
output: { kind: image }
owners: ["@OWNER/mip"]
license: Apache-2.0
`;

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'mip-validate-'));
  write(ENTRY, TEXT);
  for (const file of ['algorithm.py', 'requirements.txt', 'Dockerfile', 'README.md', 'tests/test_it.py'])
    write(`algorithms/alpha/${file}`, '');
  const platform =
    'catalog_id: mip\naccount: "000000000000"\nregions: [eu-central-1]\nallow: { regulatory: [research], licenses: [Apache-2.0] }\n';
  write('catalog/platforms/far.yaml', `name: far\n${platform}`);
});
afterEach(() => {
  process.exitCode = EXIT.done;
  rmSync(root, { recursive: true, force: true });
});

function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

/** As `mip validate` with these arguments: what it prints, what it warns of, its exit code. */
async function mip(...args: string[]): Promise<{ printed: string[]; warned: string[]; code: number }> {
  const [printed, warned]: [string[], string[]] = [[], []];
  const context = { root, print: (text: string) => printed.push(text), warn: (text: string) => warned.push(text) } as unknown as Context;
  const program = new Command('mip').option('--json', 'print JSON', false).exitOverride();
  add(program, context);
  process.exitCode = EXIT.done;
  await program.parseAsync(['validate', ...args], { from: 'user' });
  return { printed, warned, code: Number(process.exitCode) };
}

function commit(): void {
  const who = ['-c', 'user.name=a', '-c', 'user.email=a@example.org'];
  for (const args of [
    ['init', '-q', '-b', 'main'],
    ['add', '-A'],
    [...who, 'commit', '-q', '-m', 'x'],
  ])
    execFileSync('git', ['-C', root, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
}

describe('mip validate', () => {
  it('says what to do about a version without a contract, --fix does it, and then there is no fault', async () => {
    const before = await mip();
    expect(before.printed).toEqual([
      `${ENTRY}:2:10 error /version: version 1.0.0 has no frozen contract; run mip validate --fix and commit catalog/releases/alpha/1.0.0.yaml (frozen-contract)`,
      expect.stringMatching(/^catalog\/platforms\/far.yaml:1:1 warning \/images\/version_tags: not checked without a base/),
      '0 algorithms, 1 platforms: 1 faults, 1 warnings',
    ]);
    expect(before.code).toBe(EXIT.pending);
    expect(await mip('--fix')).toMatchObject({ warned: ['wrote catalog/releases/alpha/1.0.0.yaml'], code: EXIT.done });
    expect(JSON.parse(readFileSync(join(root, 'catalog/releases/alpha/1.0.0.yaml'), 'utf8'))).toMatchObject({
      name: 'alpha',
      version: '1.0.0',
    });
  });

  it('compares with the base that is named, and with --fix writes anew what is not released', async () => {
    await mip('--fix');
    commit();
    expect(await mip('--base', 'main')).toEqual({
      printed: ['1 algorithms, 1 platforms: 0 faults, 0 warnings'],
      warned: [],
      code: EXIT.done,
    });
    write('algorithms/alpha/algorithm.py', 'x');
    const { printed, code } = await mip('--base', 'main', '--json');
    expect(JSON.parse(printed.join())).toMatchObject([{ file: ENTRY, line: 2, column: 10, pointer: '/version', rule: 'needs-version' }]);
    expect(code).toBe(EXIT.pending);
    write(ENTRY, TEXT.replace('1.0.0', '1.0.1'));
    await mip('--fix');
    write(ENTRY, TEXT.replace('1.0.0', '1.0.1').replace('nothing', 'something'));
    expect((await mip('--fix')).code).toBe(EXIT.pending);
    expect(await mip('--fix', '--base', 'main')).toMatchObject({ warned: ['wrote catalog/releases/alpha/1.0.1.yaml'], code: EXIT.done });
  });

  it('refuses a DICOM file', async () => {
    await mip('--fix');
    write('notes', `${'\0'.repeat(128)}DICM`);
    expect((await mip()).printed).toContainEqual(expect.stringMatching(/^notes:1:1 error: is a DICOM file .* \(patient-image\)$/));
  });

  it('fails in a sentence where the base cannot be had, and leaves nothing behind', async () => {
    const failure = await mip('--base', 'main').catch((error) => error);
    expect(failure).toBeInstanceOf(Failure);
    expect(failure.message).toMatch(/is no Git repository, so there is no base to compare with/);
  });
});
