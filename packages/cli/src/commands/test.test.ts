/** `mip test` on the algorithms of this repository, and on a copy of it whose algorithm goes wrong after a commit. */
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Command } from 'commander';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FULL } from '../../../../tests/full.ts';
import { add } from './test.ts';

const REPOSITORY = join(import.meta.dirname, '..', '..', '..', '..');
const COPIED = ['algorithms', 'catalog', 'schemas', 'tools/conformance', 'tests/oracles', '.gitignore'];
const ADAPTER = 'algorithms/window-level/adapter.py';
const ENTRY = 'catalog/algorithms/window-level.yaml';

let root: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'mip-test-'));
  const filter = (path: string) => !/[/](build|__pycache__)$/.test(path);
  for (const path of COPIED) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await cp(join(REPOSITORY, path), join(root, path), { recursive: true, filter });
  }
  await symlink(join(REPOSITORY, '.venv'), join(root, '.venv'));
  for (const args of [
    ['init', '-q'],
    ['add', '.'],
    ['commit', '-qm', 'first'],
  ])
    await git(...args);
  const adapter = await readFile(join(root, ADAPTER), 'utf8');
  const wrong = adapter.replace('        return DerivedImage(', '        greys[0, 3, 4] ^= 8\n        return DerivedImage(');
  await writeFile(join(root, ADAPTER), wrong);
  await writeFile(join(root, ENTRY), (await readFile(join(root, ENTRY), 'utf8')).replace('version: 1.0.0', 'version: 1.0.1'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const AUTHOR = ['-c', 'user.name=Test', '-c', 'user.email=test@example.org', '-c', 'commit.gpgsign=false'];
const git = (...args: string[]) => execa('git', [...AUTHOR, ...args], { cwd: root });

interface Said {
  readonly out: string;
  readonly err: string;
  readonly code: number | string | null | undefined;
}

/** The command in that copy. */
async function mip(...args: string[]): Promise<Said> {
  const [out, err]: [string[], string[]] = [[], []];
  const before = process.exitCode;
  try {
    const program = new Command('mip').option('--json', '', false);
    const streams = { print: (line: string) => out.push(line), warn: (line: string) => err.push(line) };
    add(program, { root, home: root, environment: process.env, loadEnvironment: () => undefined, terminal: false, ...streams });
    await program.parseAsync(['node', 'mip', ...args]);
    return { out: out.join('\n'), err: err.join('\n'), code: process.exitCode };
  } finally {
    process.exitCode = before;
  }
}

describe('mip test', () => {
  it.each(['grayscale', 'window-level'])('passes for %s as it is in the catalog', async (name) => {
    const command = [join(REPOSITORY, 'packages/cli/src/main.ts'), 'test', name];
    const { exitCode, stdout, stderr } = await execa('node', command, { reject: false });
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(stdout).toContain(`${name} 1.0.0, ran on this machine: passed (1 passed)`);
    expect(stdout).toMatch(/passed +oracle +all \d+ samples equal +done/);
  });

  // `mip up` runs these cases too.
  if (FULL)
    it('passes for threshold-ccl, whose result is a segmentation, or nothing', async () => {
      const command = [join(REPOSITORY, 'packages/cli/src/main.ts'), 'test', 'threshold-ccl'];
      const { exitCode, stdout, stderr } = await execa('node', command, { reject: false });
      expect([exitCode, stderr]).toEqual([0, '']);
      expect(stdout).toContain('threshold-ccl 1.0.0, ran on this machine: passed (7 passed)');
      expect(stdout).toMatch(/^abdomen +passed +oracle +all \d+ samples equal +found/m);
      expect(stdout).toMatch(/^nothing-that-large +passed +oracle +all \d+ samples equal +nothing-found/m);
      expect(stdout).toMatch(/^no-ct +passed +oracle +error invalid-input/m);
      expect(stdout).toMatch(/^phantom-feet-first +passed +oracle +all \d+ samples equal +found/m);
      expect(stdout).toMatch(/^phantom-mirrored +passed +ground-truth +\d+ of \d+ samples differ, .*; Dice 0\.99/m);
    }, 240_000);

  it('fails with the numbers of a wrong result, and shows how far it is from that of the base', async () => {
    const report = join(root, 'report');
    const { out, err, code } = await mip('test', 'window-level', '--base', 'HEAD', '--report', report);
    expect(code).toBe(1);
    expect(out).toMatch(
      /^abdomen +failed +oracle +1 of 262144 samples differ, by 8 at most +1 of 262144 samples differ, by 8 at most +done/m,
    );
    expect(out).toContain('abdomen: the largest difference of a sample is 8, at most 0 is accepted');
    expect(out).toContain("abdomen needs the clinical owner's approval: 1 of 262144 samples changed, and the entry has no change_budget");
    expect(out).toContain('window-level 1.0.1 against 1.0.0, ran on this machine: failed (1 failed)');
    expect(err).toBe(`the report is ${join(report, 'report.html')}`);
    const html = await readFile(join(report, 'report.html'), 'utf8');
    expect(html.match(/data:image\/png;base64,/g)).toHaveLength(4);
    expect(html).not.toMatch(/explicit_VR|\.dcm|\/tmp\//);
    expect(JSON.parse(await readFile(join(report, 'conformance.json'), 'utf8'))).toMatchObject([{ passed: false }]);
  });

  it('prints one document for machines', async () => {
    const { out, code } = await mip('--json', 'test', 'grayscale', '--base', 'HEAD');
    expect(JSON.parse(out)).toMatchObject({
      algorithm: 'grayscale',
      passed: true,
      old: { version: '1.0.0' },
      cases: [{ change: { same: true } }],
    });
    expect(code).toBe(0);
  });

  it.each<[string, readonly string[], string]>([
    ['an algorithm that is not there', ['nothing'], 'there is no algorithm nothing: catalog/algorithms has no nothing.yaml.'],
    ['a case that is not there', ['grayscale', '--case', 'x'], 'grayscale has no case x; it has secondary-capture.'],
    ['a base that is not there', ['grayscale', '--base', 'x'], 'Git knows no commit "x"'],
  ])('says in a sentence that it cannot run for %s', async (_, args, sentence) => {
    await expect(mip('test', ...args)).rejects.toThrow(sentence);
  });

  it('shows the faults of an entry', async () => {
    const entry = await readFile(join(root, ENTRY), 'utf8');
    await writeFile(join(root, ENTRY), entry.replace('memory: 512', 'memory: lots'));
    try {
      await expect(mip('test', 'window-level')).rejects.toThrow(/^catalog\/algorithms\/window-level\.yaml:\d+:\d+ error \/memory/);
    } finally {
      await writeFile(join(root, ENTRY), entry);
    }
  });
});
