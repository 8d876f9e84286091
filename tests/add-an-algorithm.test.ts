/** The page for authors says what is so: its commands, as far as they need no cloud, are run in a copy of this repository. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { copyRepository } from './cloud.ts';
import { commandsOf } from './live/page-commands.ts';

const PAGE = 'docs/add-an-algorithm.md';
const page = readFileSync(join(import.meta.dirname, '..', PAGE), 'utf8');
const commands = commandsOf(page);
/** Of those that need a running cloud; `node tests/live/author.ts` runs them too. */
const CLOUD = ['status', 'process'];

describe(PAGE, () => {
  let root: string;
  beforeAll(() => {
    root = copyRepository();
  });
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  it('goes all the way', () => {
    const verbs = commands.map(({ args }) => args[0]);
    expect(verbs).toEqual(['new', 'validate', 'test', ...CLOUD, 'validate']);
  });

  it.each(commands.filter(({ args }) => !CLOUD.includes(args[0] ?? '')))(
    '$line',
    ({ args }) => {
      const done = spawnSync(process.execPath, [join(root, 'packages/cli/src/main.ts'), ...args], { cwd: root, encoding: 'utf8' });
      expect([done.status, done.stderr]).toEqual([0, '']);
      expect(done.stdout).toMatch(/bright-spots|0 faults, 0 warnings/);
    },
    180_000, // the cases start a dozen processes
  );

  it('names files that are there', () => {
    const named = [...page.matchAll(/^\| `([^`]*bright.spots[^`]*)` \|/gm)].map(([, path = '']) => path);
    expect(named).toHaveLength(4);
    expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([]);
    const links = [...page.matchAll(/\]\(([^)]+)\)/g)].map(([, target = '']) => target);
    expect(links.filter((target) => !existsSync(join(root, 'docs', target)))).toEqual([]);
  });
});
