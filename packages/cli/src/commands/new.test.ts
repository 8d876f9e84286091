/** `mip new` in a copy of this repository's catalog: what it makes is valid and passes at once, and what cannot be made leaves nothing. */
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  globSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { checkRepository } from '@mip/catalog/repository';
import { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FULL } from '../../../../tests/full.ts';
import { type Context, EXIT } from '../context.ts';
import { add as addNew } from './new.ts';
import { add as addTest } from './test.ts';

const REPOSITORY = join(import.meta.dirname, '..', '..', '..', '..');
const FOLDERS = ['algorithms', 'catalog', 'tests/oracles', 'tools/conformance', '.gitignore', 'pyproject.toml'];
const LONG = 180_000;

/** Hard links to the files that Git does not ignore; nothing here writes into one. */
function copyOf(...folders: readonly string[]): string {
  const root = mkdtempSync(join(tmpdir(), 'mip-new-'));
  const listed = execFileSync('git', ['ls-files', '-z', '-co', '--exclude-standard', '--', ...folders], {
    cwd: REPOSITORY,
    encoding: 'utf8',
  });
  for (const file of listed.split('\0').filter((file) => file && existsSync(join(REPOSITORY, file)))) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    link(join(REPOSITORY, file), join(root, file));
  }
  symlinkSync(join(REPOSITORY, '.venv'), join(root, '.venv'));
  return root;
}

/** A temporary folder may lie on another disk. */
function link(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch {
    cpSync(from, to);
  }
}

interface Done {
  readonly printed: string;
  readonly warned: readonly string[];
  readonly code: number;
}

/** As `mip` with these arguments in that repository. */
async function mip(root: string, ...args: string[]): Promise<Done> {
  const [printed, warned]: [string[], string[]] = [[], []];
  const streams = { print: (text: string) => printed.push(text), warn: (text: string) => warned.push(text) };
  const context: Context = { root, home: root, environment: process.env, loadEnvironment: () => undefined, terminal: false, ...streams };
  const program = new Command('mip').option('--json', 'print JSON', false).configureOutput({ writeErr: () => undefined });
  addNew(program, context);
  addTest(program, context);
  for (const one of [program, ...program.commands]) one.exitOverride();
  const before = process.exitCode;
  process.exitCode = EXIT.done;
  try {
    await program.parseAsync(args, { from: 'user' });
    return { printed: printed.join('\n'), warned, code: Number(process.exitCode) };
  } finally {
    process.exitCode = before;
  }
}

/** Every file but those that are built. */
function filesOf(root: string): readonly string[] {
  return globSync('**/*', { cwd: root, exclude: ['**/build', '**/__pycache__', '.venv'] }).sort();
}

const LONGEST = 'abcdefghijklmnopqrstuvwxyz-123456789';
/** No cases: tests/add-an-algorithm.test.ts runs them. */
const CASES = [
  { type: 'python', template: 'python-simple', name: 'edges', option: [], cases: 0 },
  { type: 'python', template: 'python-advanced', name: LONGEST, option: ['--template', 'python-advanced'], cases: FULL ? 4 : 0 }, // volumes
  { type: 'openmp', template: 'openmp-template', name: 'x2', option: [], cases: 2 },
];

describe('mip new', () => {
  let root: string;
  let before: readonly string[];
  beforeAll(() => {
    root = copyOf(...FOLDERS);
    before = filesOf(root);
  });
  afterAll(() => rmSync(root, { recursive: true, force: true }));
  const made = () => filesOf(root).filter((file) => !before.includes(file));
  const textOf = (file: string) => readFileSync(join(root, file), 'utf8');

  it.each(CASES)(
    'of $template makes what is valid and passes at once',
    async ({ type, name, option, cases }) => {
      const done = await mip(root, '--json', 'new', name, '--type', type, ...option);
      const { paths, ...about } = JSON.parse(done.printed);
      expect([done.code, about]).toEqual([0, { name, type, template: about.template, version: '1.0.0', warnings: [] }]);
      expect(paths.filter((path: string) => !existsSync(join(root, path)))).toEqual([]);
      expect((await checkRepository(root)).problems).toEqual([]);
      if (cases === 0) return;
      const tested = await mip(root, '--json', 'test', name);
      expect([tested.code, JSON.parse(tested.printed).cases.map(({ status }: { status: string }) => status)]).toEqual([
        0,
        Array(cases).fill('passed'),
      ]);
    },
    LONG,
  );

  it('leaves nothing of a template’s name, in the name of no file and in no text', () => {
    const words = CASES.flatMap(({ template }) => [template, template.replaceAll('-', '_'), 'examples']);
    const wrong = made().flatMap((file) => {
      const text = existsSync(join(root, file)) && /\.[a-z]+$|file$/.test(file) ? textOf(file) : '';
      return words.filter((word) => file.includes(word) || text.includes(word)).map((word) => `${file} has ${word}`);
    });
    expect(made().length).toBeGreaterThan(30);
    expect(wrong).toEqual([]);
  });

  it('keeps comments and order of the entry, and changes its name, source and oracles alone', () => {
    const differ = (one: string, other: string) => {
      const [a, b] = [textOf(one).split('\n'), textOf(other).split('\n')];
      expect(a).toHaveLength(b.length);
      return b.filter((line, at) => line !== a[at]);
    };
    expect(differ('catalog/algorithms/openmp-template.yaml', 'catalog/algorithms/x2.yaml')).toEqual([
      'name: x2',
      'source: algorithms/x2',
      '    expect: { oracle: tests/oracles/x2_oracle.py, outcome: done, max_abs: 0 }',
    ]);
  });

  it('is as the linters and the formatter want it, whatever the length of its name', () => {
    const python = made().filter((file) => file.endsWith('.py'));
    const ruff = (...args: string[]) =>
      execFileSync(join(REPOSITORY, '.venv/bin/ruff'), [...args, ...python], { cwd: root, encoding: 'utf8' });
    expect(ruff('check')).toBe('All checks passed!\n');
    expect(ruff('format', '--check')).toContain('already formatted');
  });

  if (FULL)
    it(
      'passes its own tests',
      () => {
        const folders = CASES.map(({ name }) => `algorithms/${name}`);
        const args = ['-m', 'pytest', '-q', ...folders];
        expect(execFileSync(join(root, '.venv/bin/python'), args, { cwd: root, encoding: 'utf8' })).toMatch(/\d+ passed/);
      },
      LONG,
    );

  it('warns of a name that is easily taken for another', async () => {
    const { warned, code } = await mip(root, 'new', 'greyscale', '--type', 'python');
    expect([code, warned]).toEqual([0, ['warning: greyscale differs from grayscale by one character; choose names that nobody confuses']]);
  });
});

describe('mip new writes nothing', () => {
  let root: string;
  let before: readonly string[];
  beforeAll(() => {
    root = copyOf('algorithms/examples', 'catalog', 'tests/oracles', '.gitignore');
    mkdirSync(join(root, 'algorithms/half'));
    mkdirSync(join(root, 'catalog/releases/gone'));
    writeFileSync(join(root, 'tests/oracles/taken_oracle.py'), '');
    before = filesOf(root);
  });
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  const PYTHON = ['--type', 'python'];
  it.each<[string, readonly string[], string]>([
    [
      'for a name in capitals',
      ['Edges', ...PYTHON],
      '"Edges" cannot be the name of an algorithm: "Edges" does not fit. Use 2 to 36 lower-case letters',
    ],
    ['for one that leads elsewhere', ['../edges', ...PYTHON], '"../edges" cannot be the name of an algorithm'],
    ['for one that is too long', [`${LONGEST}0`, ...PYTHON], 'has to have at most 36 characters'],
    ['for one that the platform uses', ['dicomweb', ...PYTHON], 'the platform itself uses cluster, dicomweb'],
    ['for that of a released version', ['seg-v1-2-3', ...PYTHON], 'Leave the version out of the name'],
    ['where there is an entry', ['grayscale', ...PYTHON], 'catalog/algorithms/grayscale.yaml is there already: choose another name'],
    ['where there is a folder, if only an empty one', ['half', ...PYTHON], 'algorithms/half is there already'],
    ['where there is an oracle', ['taken', ...PYTHON], 'tests/oracles/taken_oracle.py is there already'],
    ['where there was a release', ['gone', ...PYTHON], 'catalog/releases/gone is there already'],
    [
      'for a template of another type',
      ['edges', ...PYTHON, '--template', 'openmp-template'],
      'openmp-template is no template for --type python',
    ],
    ['without a type', ['edges'], "required option '--type <type>' not specified"],
    ['for a type that does not exist', ['edges', '--type', 'rust'], 'Allowed choices are python, openmp'],
  ])('%s', async (_, args, sentence) => {
    await expect(mip(root, 'new', ...args)).rejects.toThrow(sentence);
    expect(filesOf(root)).toEqual(before);
  });

  it('where not all of it can be placed', async () => {
    const bare = mkdtempSync(join(tmpdir(), 'mip-new-'));
    rmSync(bare, { recursive: true });
    cpSync(root, bare, { recursive: true, verbatimSymlinks: true });
    try {
      // The place of the contracts leads nowhere: the folder and the oracle are placed by then, and go again.
      rmSync(join(bare, 'catalog/releases'), { recursive: true });
      symlinkSync('nowhere', join(bare, 'catalog/releases'));
      const had = filesOf(bare);
      await expect(mip(bare, 'new', 'edges', ...PYTHON)).rejects.toThrow(/ENOENT|EEXIST/);
      expect(filesOf(bare)).toEqual(had);
      expect(readdirSync(join(bare, 'algorithms')).filter((name) => name.startsWith('.'))).toEqual([]);
    } finally {
      rmSync(bare, { recursive: true, force: true });
    }
  });

  it('where the repository has no templates, and says where they are', async () => {
    const elsewhere = copyOf('catalog/platforms', 'catalog/algorithms/grayscale.yaml');
    try {
      const had = filesOf(elsewhere);
      await expect(mip(elsewhere, 'new', 'edges', ...PYTHON)).rejects.toThrow(
        'there is no catalog/algorithms/python-simple.yaml to copy: take algorithms/examples',
      );
      expect(filesOf(elsewhere)).toEqual(had);
    } finally {
      rmSync(elsewhere, { recursive: true, force: true });
    }
  });
});
