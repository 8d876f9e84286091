import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DOCUMENT_LIMITS } from './document.ts';
import { checkCatalog, loadBase, loadCatalog } from './load.ts';
import { hasErrors, renderProblem } from './problem.ts';
import { entryText, PLATFORM, Repository } from './testing/repository.ts';

let repository: Repository;
beforeEach(() => {
  repository = new Repository();
  repository.write('catalog/platforms/local.yaml', `${PLATFORM}images: { version_tags: mutable }\n`);
});
afterEach(() => repository.remove());

/** As to be run where version tags may move: what is asked of releases has its own tests. */
const load = () => loadCatalog(repository.root, { platform: 'local' });
const rendered = async () => (await load()).problems.map(renderProblem);

describe('a sound catalog', () => {
  it('gives entries and platforms with defaults, sorted by name, and their places', async () => {
    repository.algorithm('zeta').algorithm('alpha', entryText('alpha', 'parameters:\n  level: { type: float }\n'));
    const { algorithms, platforms, problems } = await load();
    expect(problems).toEqual([]);
    expect(algorithms.map(({ name }) => name)).toEqual(['alpha', 'zeta']);
    expect(algorithms[0]).toMatchObject({
      file: 'catalog/algorithms/alpha.yaml',
      status: 'active',
      timeout: 900,
      scaling: { min: 0, max: 1 },
      output: { store: ['s3'] },
      regulatory: { status: 'research' },
    });
    expect(algorithms[0]?.position('/cpu')).toEqual({ line: 6, column: 6 });
    expect(algorithms[0]?.position('/parameters/level')).toEqual({ line: 13, column: 10 });
    expect(platforms[0]).toMatchObject({
      name: 'local',
      prefix: 'mip',
      images: { version_tags: 'mutable', allowed_registries: [] },
      network: { cidr: '10.0.0.0/16' },
    });
  });

  it('is the one of this repository', async () => {
    const { algorithms, platforms, problems } = await loadCatalog(join(import.meta.dirname, '../../..'));
    expect(problems.map(renderProblem)).toEqual([]);
    expect(algorithms.map(({ name }) => name)).toEqual(expect.arrayContaining(['grayscale', 'window-level']));
    expect(platforms.map(({ name }) => name)).toContain('local');
  });

  it('reads a byte order mark, Windows line ends and a link inside the catalog', async () => {
    repository.algorithm('alpha', `\ufeff${entryText('alpha').replaceAll('\n', '\r\n')}`);
    repository.write('catalog/shared/beta.yaml', entryText('beta')).algorithm('beta');
    rmSync(join(repository.root, 'catalog/algorithms/beta.yaml'));
    symlinkSync('../shared/beta.yaml', join(repository.root, 'catalog/algorithms/beta.yaml'));
    expect(await rendered()).toEqual([]);
  });

  it('ignores hidden files and files that are no entries', async () => {
    repository
      .write('catalog/algorithms/.alpha.yaml.swp', 'x')
      .write('catalog/algorithms/README.md', 'x')
      .write('catalog/algorithms/.gitkeep', '');
    expect(await rendered()).toEqual([]);
  });
});

describe('faults of the folder are problems, never exceptions', () => {
  const at = 'catalog/algorithms';

  it.each<[string, () => unknown, string]>([
    [
      'no YAML',
      () => repository.write(`${at}/a.yaml`, 'a: [1\n'),
      `${at}/a.yaml:2:1 error: deficient indentation; mend the YAML here (yaml)`,
    ],
    [
      'not UTF-8',
      () => repository.write(`${at}/a.yaml`, new Uint8Array([0x61, 0x3a, 0x20, 0xff, 0xfe])),
      `${at}/a.yaml:1:1 error: is not UTF-8; save it with that encoding (file)`,
    ],
    [
      'UTF-16',
      () => repository.write(`${at}/a.yaml`, new Uint8Array([0xff, 0xfe, 0x61, 0, 0x3a, 0])),
      `${at}/a.yaml:1:1 error: is not UTF-8; save it with that encoding (file)`,
    ],
    ['empty', () => repository.write(`${at}/a.yaml`, ''), `${at}/a.yaml:1:1 error: the file is empty; describe one entry in it (yaml)`],
    [
      'too large',
      () => repository.write(`${at}/a.yaml`, `a: ${'x'.repeat(DOCUMENT_LIMITS.bytes)}`),
      `${at}/a.yaml:1:1 error: has 1048579 bytes, more than 1048576; no entry needs that (file)`,
    ],
    ['a folder', () => mkdirSync(join(repository.root, at, 'a.yaml')), `${at}/a.yaml:1:1 error: is a folder; an entry is one file (file)`],
    [
      'a sub-folder',
      () => mkdirSync(join(repository.root, at, 'ct')),
      `${at}/ct:1:1 error: is a folder; entries lie directly in the catalog, without sub-folders (file)`,
    ],
    ['.yml', () => repository.write(`${at}/a.yml`, ''), `${at}/a.yml:1:1 error: is not read; rename it to end in .yaml (file)`],
    ['.YAML', () => repository.write(`${at}/a.YAML`, ''), `${at}/a.YAML:1:1 error: is not read; rename it to end in .yaml (file)`],
    [
      'a link out',
      () => symlinkSync('/etc/passwd', join(repository.root, at, 'a.yaml')),
      `${at}/a.yaml:1:1 error: is a link out of the catalog; put the file itself here (file)`,
    ],
    [
      'a broken link',
      () => symlinkSync('nowhere.yaml', join(repository.root, at, 'a.yaml')),
      `${at}/a.yaml:1:1 error: cannot be read (ENOENT); check that it exists and who may read it (file)`,
    ],
    [
      'a link to itself',
      () => symlinkSync('a.yaml', join(repository.root, at, 'a.yaml')),
      `${at}/a.yaml:1:1 error: cannot be read (ELOOP); check that it exists and who may read it (file)`,
    ],
    [
      'a pipe',
      () => execFileSync('mkfifo', [join(repository.root, at, 'a.yaml')]),
      `${at}/a.yaml:1:1 error: is no regular file; an entry is one text file (file)`,
    ],
    [
      'no catalog',
      () => rmSync(join(repository.root, at), { recursive: true }),
      `${at}:1:1 error: cannot be read (ENOENT); the catalog lies in ${at}/ (file)`,
    ],
    ['a list', () => repository.write(`${at}/a.yaml`, '- a\n'), `${at}/a.yaml:1:1 error: has to be a mapping, not a list (schema)`],
    [
      'a text',
      () => repository.write(`${at}/a.yaml`, 'hello\n'),
      `${at}/a.yaml:1:1 error: has to be a mapping, not the text "hello" (schema)`,
    ],
  ])('%s', async (_, make, problem) => {
    make();
    expect(await rendered()).toEqual([problem]);
  });
});

describe('faults of the content', () => {
  it('come all at once, of the text, the schema and the rules, in the order of their places', async () => {
    repository.algorithm(
      'alpha',
      `${entryText('alfa').replace('version: 1.0.0', 'version: 1.0').replace('cpu: 256', 'cpu: 300\ncpu: 300')}parameters:\n  p: { type: int, default: 9, maximum: 5 }\ncritcal: yes\n`,
    );
    repository.write('catalog/platforms/far.yaml', PLATFORM.replace('local', 'far').replace('"000000000000"', '123456789012'));
    expect(await rendered()).toEqual([
      'catalog/algorithms/alpha.yaml:1:7 error /name: the file is alpha.yaml but the name is alfa; rename one of them (file-name)',
      'catalog/algorithms/alpha.yaml:2:10 error /version: has to be text, not the number 1. Write three numbers x.y.z, each from 0 to 999, without leading zeros; 1.0 alone is read as a number, so write 1.0.0 (schema)',
      'catalog/algorithms/alpha.yaml:5:9 error /source: there is no folder algorithms/alfa; make it with mip new, or name the one that exists (source-complete)',
      'catalog/algorithms/alpha.yaml:7:1 error /cpu: cpu is there twice in its mapping; keep one (yaml)',
      'catalog/algorithms/alpha.yaml:7:6 error /cpu: has to be one of 256, 512, 1024, 2048, 4096, 8192, 16384, not 300. Fargate sells these sizes only (schema)',
      'catalog/algorithms/alpha.yaml:14:28 error /parameters/p/default: the default 9 has to be at most 5 (default-in-range)',
      'catalog/algorithms/alpha.yaml:15:1 error /critcal: critcal is no known field; did you mean critical? (schema)',
      'catalog/platforms/far.yaml:3:10 error /account: has to be text, not the number 123456789012. Write 12 digits in quotes: YAML reads bare digits as a number (schema)',
    ]);
  });

  it('are the same when nothing is kept of the entries, in however many batches they come', async () => {
    for (let index = 0; index < 150; index += 1) {
      const name = `entry-${index}-of-many`;
      repository.algorithm(
        name,
        entryText(index % 50 === 7 ? 'other' : name).replace('cpu: 256', index % 30 === 3 ? 'cpu: 1' : 'cpu: 256'),
      );
    }
    repository.write('catalog/platforms/far.yaml', PLATFORM.replace('local', 'near').replace('mip', 'far'));
    const [kept, checked] = [await load(), await checkCatalog(repository.root, { platform: 'local' })];
    const ofRule = (rule: string) => kept.problems.filter((problem) => problem.rule === rule).length;
    expect([ofRule('schema'), ofRule('file-name')]).toEqual([5, 4]);
    expect(ofRule('similar-names')).toBeGreaterThan(0);
    expect(checked.problems).toEqual(kept.problems);
    expect(checked.algorithms.map(({ name }) => name)).toEqual(kept.algorithms.map(({ name }) => name));
    expect(checked.algorithms[0]?.position('/cpu')).toEqual(kept.algorithms[0]?.position('/cpu'));
  });

  it('take the entry out of the catalog and leave the others in', async () => {
    repository.algorithm('alpha', entryText('other')).algorithm('beta');
    const { algorithms, problems } = await load();
    expect(algorithms.map(({ name }) => name)).toEqual(['beta']);
    expect(hasErrors(problems)).toBe(true);
  });

  it('are the same in the same order whenever they are read', async () => {
    for (const name of ['gamma', 'beta', 'alpha'])
      repository.algorithm(name, entryText(name).replace('cpu: 256', 'cpu: 1').replace('license: Apache-2.0', 'license: GPL'));
    expect(await rendered()).toEqual(await rendered());
    expect((await load()).problems.map(({ file }) => file.slice(19))).toEqual([
      'alpha.yaml',
      'alpha.yaml',
      'beta.yaml',
      'beta.yaml',
      'gamma.yaml',
      'gamma.yaml',
    ]);
  });
});

describe('the catalog of a base', () => {
  it('has what was merged, though files are missing there and rules are newer; only the schema leaves something out', async () => {
    rmSync(join(repository.root, 'catalog/platforms/local.yaml'));
    repository.write('catalog/platforms/far.yaml', PLATFORM.replace('local', 'far'));
    repository.write('catalog/algorithms/alpha.yaml', entryText('alpha', 'releases: [{ version: 0.9.0 }]\n'));
    repository.write('catalog/algorithms/beta.yaml', entryText('beta').replace('cpu: 256', 'cpu: 1'));
    const { algorithms, platforms, problems } = await loadBase(repository.root);
    expect([algorithms, platforms].map((all) => all.map(({ name }) => name))).toEqual([['alpha'], ['far']]);
    expect(problems.map(({ file, rule }) => [file, rule])).toEqual([['catalog/algorithms/beta.yaml', 'schema']]);
  });
});
