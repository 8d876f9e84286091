/** An action of its own in two checkouts, bundled as the committed ones are: the same bytes, and it runs where nothing is installed. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFileSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { copyRepository } from '../tests/cloud.ts';
import { bundledTwice } from './bundled-packages.ts';
import { isOfSources } from './sources.ts';

const root = join(import.meta.dirname, '..');
// On the disk of what is installed, which has to be linked.
mkdirSync(join(root, '.mip'), { recursive: true });
const away = mkdtempSync(join(root, '.mip', 'bundle-'));
const here = join(away, 'here');
const there = join(away, 'another', 'folder');

const ACTION = `
import { getInput, info, setOutput } from '@actions/core';
import { context, getOctokit } from '@actions/github';
import { roleName } from '@mip/registry/names';
import { RUNS_AS } from './words.ts';

info(\`\${context.repo.owner} \${RUNS_AS} \${roleName(getInput('role'))}\`);
setOutput('asks', getOctokit('token').request.endpoint('GET /user').url);
`;

const WORDS = "export const RUNS_AS: string = 'runs as';\n";

async function bundle(checkout: string, ...args: string[]) {
  const done = await execa(process.execPath, ['tools/bundle-actions.ts', ...args], { cwd: checkout, reject: false });
  return { code: done.exitCode, out: done.stdout, err: done.stderr };
}

/** By name, the hash of each: who looks at a difference does not want to see megabytes. */
function filesOf(checkout: string): Record<string, string> {
  const dist = join(checkout, 'actions/tiny/dist');
  const hash = (file: string) =>
    createHash('sha256')
      .update(readFileSync(join(dist, file)))
      .digest('hex');
  return Object.fromEntries(readdirSync(dist).map((file) => [file, hash(file)]));
}

let first: Awaited<ReturnType<typeof bundle>>;
let second: typeof first;

beforeAll(async () => {
  const copy = copyRepository();
  cpSync(copy, here, { recursive: true, filter: (path) => path !== join(copy, 'node_modules') });
  rmSync(copy, { recursive: true });
  mkdirSync(join(here, 'actions/tiny'));
  writeFileSync(join(here, 'actions/tiny/action.yml'), 'name: tiny\n');
  writeFileSync(join(here, 'actions/tiny/main.ts'), ACTION);
  writeFileSync(join(here, 'actions/tiny/words.ts'), WORDS);
  cpSync(here, there, { recursive: true });
  // No symbolic links: with them, what is bundled would lie at the same place for both.
  for (const checkout of [here, there]) spawnSync('cp', ['-al', join(root, 'node_modules'), join(checkout, 'node_modules')]);
  [first, second] = await Promise.all([bundle(here, 'tiny'), bundle(there, 'tiny')]);
});

afterAll(() => {
  rmSync(away, { recursive: true, force: true });
});

describe('bundling an action', () => {
  it('makes the same bytes in another checkout', () => {
    expect(first).toEqual({ code: 0, out: expect.stringMatching(/^tiny +\d\.\d\d MB$/), err: '' });
    expect(second).toEqual(first);
    expect(Object.keys(filesOf(here)).sort()).toEqual(['index.js', 'licenses.txt', 'package.json', 'sources.sha256']);
    expect(filesOf(there)).toEqual(filesOf(here));
  });

  it('makes what runs without node_modules', () => {
    const alone = join(away, 'alone');
    cpSync(join(here, 'actions/tiny/dist'), alone, { recursive: true });
    const outputs = join(away, 'outputs');
    writeFileSync(outputs, '');
    const env = { PATH: process.env.PATH, INPUT_ROLE: 'mip-x-task', GITHUB_REPOSITORY: 'somebody/catalog', GITHUB_OUTPUT: outputs };
    const done = spawnSync(process.execPath, [join(alone, 'index.js')], { cwd: away, env, encoding: 'utf8' });
    expect(done).toMatchObject({ status: 0, stdout: expect.stringContaining('somebody runs as mip-x-task') });
    expect(readFileSync(outputs, 'utf8')).toContain('https://api.github.com/user');
  });

  it('names the licence of every package in it', () => {
    const notices = readFileSync(join(here, 'actions/tiny/dist/licenses.txt'), 'utf8');
    for (const title of ['@actions/core 3', 'undici 6']) expect(notices).toContain(title);
    expect(notices).toContain('Permission is hereby granted');
  });

  it('says of which sources it is, and sees when they change', () => {
    const sums = () => spawnSync('sha256sum', ['--check', '--quiet', 'actions/tiny/dist/sources.sha256'], { cwd: here, encoding: 'utf8' });
    expect(sums()).toMatchObject({ status: 0, stdout: '' });
    expect(isOfSources(join(here, 'actions/tiny/dist'), here)).toBe(true);
    appendFileSync(join(here, 'actions/tiny/words.ts'), '//');
    expect(sums()).toMatchObject({ status: 1, stdout: 'actions/tiny/words.ts: FAILED\n' });
    expect(isOfSources(join(here, 'actions/tiny/dist'), here)).toBe(false);
    writeFileSync(join(here, 'actions/tiny/words.ts'), WORDS);
    expect(isOfSources(join(here, 'actions/tiny/dist'), here)).toBe(true);
  });

  it('finds what is committed and different, missing, or too much', async () => {
    const dist = join(here, 'actions/tiny/dist');
    appendFileSync(join(dist, 'index.js'), '//');
    renameSync(join(dist, 'licenses.txt'), join(dist, 'other.js'));
    const { code, err } = await bundle(here, '--check', 'tiny');
    expect(code).toBe(1);
    expect(err.split('\n')).toEqual([
      'actions/tiny/dist/index.js is not what the sources make',
      'actions/tiny/dist/licenses.txt is missing',
      'actions/tiny/dist/other.js does not belong there',
      'Run npx node tools/bundle-actions.ts and commit what it writes.',
    ]);
  });

  it.each([
    ['a folder without source', undefined, 'actions/broken/main.ts is missing: an action is a folder with action.yml and main.ts'],
    ['a module that is not there', "import './gone.ts';", 'actions/broken/main.ts:1 Could not resolve "./gone.ts"'],
    ['a package that may be missing', "import './without.cjs';", 'not-installed is imported and not there.'],
    ['what starts slowly', 'await Promise.resolve();', 'actions/broken/main.ts:1 Top-level await is not available'],
  ])('says so of %s', async (_, source, sentence) => {
    const folder = join(here, 'actions/broken');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'without.cjs'), "try { module.exports = require('not-installed'); } catch {}");
    if (source) writeFileSync(join(folder, 'main.ts'), source);
    const { code, err } = await bundle(here, 'broken');
    expect(code).toBe(1);
    expect(err).toContain(sentence);
  });
});

describe('a package is bundled twice', () => {
  it.each([
    ['at two places', ['a/index.js', 'b/node_modules/a/index.js'], ['a twice: node_modules/a, node_modules/b/node_modules/a']],
    ['in two formats', ['@s/a/dist-es/i.js', '@s/a/dist-cjs/i.js'], [expect.stringContaining('@s/a twice')]],
    ['not by a wrapper', ['a/esm/wrapper.js', 'a/index.js'], []],
    ['not by two files', ['a/esm/one.js', 'a/esm/two.js'], []],
    ['not by its own files', ['.cache/t/packages/a/i.js', '.bin/a'], []],
  ])('%s', (_, files, sentences) => {
    expect(bundledTwice(files.map((file) => `node_modules/${file}`))).toEqual(sentences);
  });
});
