/** The rules of releases: frozen contracts, and what needs the base of the change. Head and base are folders; Git has its own test. */
import { cpSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkCatalog, type LoadOptions, loadCatalog } from './load.ts';
import { renderProblem } from './problem.ts';
import { entryText, frozenText, PLATFORM, Repository } from './testing/repository.ts';

let head: Repository;
let base: Repository;

beforeEach(() => {
  head = new Repository();
  base = new Repository();
  for (const repository of [head, base])
    repository
      .algorithm('alpha')
      .release('alpha')
      .write('algorithms/sdk/mip_sdk/worker.py', 'old')
      .write('algorithms/kernels/kernel.c', 'old')
      .write('.gitignore', '*.o\n');
});

afterEach(() => {
  head.remove();
  base.remove();
});

const ENTRY = 'catalog/algorithms/alpha.yaml';
const CONTRACT = 'catalog/releases/alpha/1.0.0.yaml';
const MUTABLE = `${PLATFORM}images: { version_tags: mutable }\n`;

async function problems(options: LoadOptions = { base }): Promise<string[]> {
  const checked = await checkCatalog(head.root, options);
  expect((await loadCatalog(head.root, options)).problems).toEqual(checked.problems);
  return checked.problems.filter(({ rule }) => rule !== 'style').map(renderProblem);
}

/** The head's entry with lines replaced, and the contract that goes with it. */
function release(version: string, change: (text: string) => string = (text) => text, more: Record<string, unknown> = {}): void {
  head.write(ENTRY, change(entryText('alpha').replace('version: 1.0.0', `version: ${version}`)));
  head.release('alpha', version, frozenText('alpha', { version, ...more }));
}

const gone = (file: string) => rmSync(join(head.root, file), { recursive: true });
const PARAMETER = 'parameters:\n  p: { type: int, default: 3, minimum: 0, description: So many. }\n';
const parameter = (over: object = {}) => ({
  parameters: { p: { default: 3, description: 'So many.', minimum: 0, type: 'int', ...over } },
});

describe('the contract of a version', () => {
  it('is there and says what the entry says: nothing to complain about', async () => {
    expect(await problems()).toEqual([]);
  });

  it.each<[string, () => unknown, string[]]>([
    [
      'is missing',
      () => head.write(ENTRY, entryText('alpha').replace('1.0.0', '1.1.0')),
      [
        `${ENTRY}:2:10 error /version: version 1.1.0 has no frozen contract; run mip validate --fix and commit catalog/releases/alpha/1.1.0.yaml (frozen-contract)`,
      ],
    ],
    [
      'says something else than the entry',
      () => head.write(ENTRY, entryText('alpha').replace('scope: [instance]', 'scope: [series]')),
      [
        `${ENTRY}:2:10 error /version: differs from its contract in ${CONTRACT} (instance is no scope any more; series is a scope now); 1.0.0 is released, so make the version 2.0.0 or later (frozen-contract)`,
      ],
    ],
    [
      'differs in what callers do not notice',
      () => head.write(ENTRY, entryText('alpha').replace('algorithm_type: python', 'algorithm_type: openmp')),
      [
        `${ENTRY}:2:10 error /version: differs from its contract in ${CONTRACT} (algorithm_type); 1.0.0 is released, so make the version 1.0.1 or later (frozen-contract)`,
        `${ENTRY}:5:9 error /source: algorithms/alpha lacks src/main.c, src/Makefile, adapter.py, which an openmp algorithm needs; add them (source-complete)`,
      ],
    ],
    [
      'of a version that is not released yet says something else',
      () => release('1.1.0', (text) => text.replace('Does nothing.', 'Does something.')),
      [
        `${ENTRY}:2:10 error /version: differs from its contract in catalog/releases/alpha/1.1.0.yaml (another description); 1.1.0 is not released yet: mip validate --fix --base REF writes it anew (frozen-contract)`,
      ],
    ],
    [
      'was changed together with its entry',
      () => release('1.0.0', (text) => text.replace('Does nothing.', 'Does more.'), { description: 'Does more.' }),
      [
        `${CONTRACT}:1:1 error: the contract of alpha 1.0.0 differs from the one that was released; put the file back as it was, and release what changes as another version (frozen-contract)`,
      ],
    ],
    [
      'is gone',
      () => gone(CONTRACT),
      [
        `${ENTRY}:2:10 error /version: version 1.0.0 has no frozen contract; run mip validate --fix and commit ${CONTRACT} (frozen-contract)`,
        `${CONTRACT}:1:1 error: the contract of alpha 1.0.0 is gone, but it was released; put the file back as it was, and release what changes as another version (frozen-contract)`,
      ],
    ],
    [
      'of an algorithm that left the catalog is gone',
      () => base.release('retired'),
      [
        'catalog/releases/retired/1.0.0.yaml:1:1 error: the contract of retired 1.0.0 is gone, but it was released; put the file back as it was, and release what changes as another version (frozen-contract)',
      ],
    ],
    [
      'cannot be read',
      () => {
        gone(CONTRACT);
        head.write(`${CONTRACT}/x`, '');
      },
      [
        `${CONTRACT}:1:1 error: cannot be read (EISDIR); check that it exists and who may read it (file)`,
        `${CONTRACT}:1:1 error: is no contract; contracts are catalog/releases/<name>/<version>.yaml, regular files (file)`,
        `${CONTRACT}:1:1 error: the contract of alpha 1.0.0 is gone, but it was released; put the file back as it was, and release what changes as another version (frozen-contract)`,
      ],
    ],
    [
      'is no contract',
      () => head.release('alpha', '1.0.0', frozenText('beta')),
      [
        `${CONTRACT}:1:1 error: the contract of alpha 1.0.0 differs from the one that was released; put the file back as it was, and release what changes as another version (frozen-contract)`,
        `${CONTRACT}:11:11 error /name: the file is ${CONTRACT} but the name is beta; mend one of them (frozen-contract)`,
      ],
    ],
    [
      'of an algorithm that nobody knows is no contract',
      () => head.release('other', '1.0.0', '{}'),
      ['version', 'description', 'algorithm_type', 'input', 'output', 'license', 'name']
        .sort()
        .map((field) => `catalog/releases/other/1.0.0.yaml:1:1 error /${field}: ${field} is missing; add it (schema)`),
    ],
    [
      'lies where none should',
      () =>
        head
          .write('catalog/releases/alpha.yaml', '')
          .write('catalog/releases/alpha/1.0.yaml', '')
          .write('catalog/releases/alpha/1.0.0.yml', '')
          .write('catalog/releases/alpha/.keep', '')
          .write('catalog/releases/README.md', '')
          .write('catalog/releases/Beta/1.0.0.yaml', ''),
      [
        'catalog/releases/Beta:1:1 error: is no folder of contracts; contracts are catalog/releases/<name>/<version>.yaml (file)',
        'catalog/releases/alpha.yaml:1:1 error: is no folder of contracts; contracts are catalog/releases/<name>/<version>.yaml (file)',
        'catalog/releases/alpha/1.0.0.yml:1:1 error: is no contract; contracts are catalog/releases/<name>/<version>.yaml, regular files (file)',
        'catalog/releases/alpha/1.0.yaml:1:1 error: is no contract; contracts are catalog/releases/<name>/<version>.yaml, regular files (file)',
      ],
    ],
    [
      'is a link',
      () => {
        gone(CONTRACT);
        head.write('catalog/shared.yaml', frozenText('alpha'));
        symlinkSync('../../shared.yaml', join(head.root, CONTRACT));
      },
      [`${CONTRACT}:1:1 error: is no contract; contracts are catalog/releases/<name>/<version>.yaml, regular files (file)`],
    ],
    [
      'of a version that is served does not exist',
      () => head.write(ENTRY, entryText('alpha', 'releases: [{ version: 0.9.0 }]\n')),
      [
        `${ENTRY}:12:23 error /releases/0/version: version 0.9.0 was never released: there is no catalog/releases/alpha/0.9.0.yaml; name one that was (served-contracts)`,
      ],
    ],
  ])('%s', async (_, change, expected) => {
    change();
    expect(await problems()).toEqual(expected);
  });

  it.each<[string, () => unknown]>([
    ['of a retired algorithm stays', () => [head, base].map((one) => one.release('retired'))],
    [
      'of a version that is served exists',
      () => head.write(ENTRY, entryText('alpha', 'releases: [{ version: 0.9.0 }]\n')).release('alpha', '0.9.0'),
    ],
    ['is written as YAML', () => head.write(CONTRACT, entryText('alpha').replace(/^(source|cpu|memory|owners):.*\n/gm, ''))],
    ['has line ends of Windows', () => head.write(CONTRACT, frozenText('alpha').replaceAll('\n', '\r\n'))],
    ['that was no contract is mended', () => base.release('alpha', '1.0.0', '{}')],
  ])('%s: nothing to complain about', async (_, change) => {
    change();
    expect(await problems()).toEqual([]);
  });

  it('is asked for without a base too, which then is asked for once', async () => {
    head.write(ENTRY, entryText('alpha').replace('Does nothing.', 'Does more.')).algorithm('gamma');
    head.write('catalog/platforms/far.yaml', PLATFORM.replace('local', 'far').replace('mip', 'far'));
    expect(await problems({})).toEqual([
      `${ENTRY}:2:10 error /version: differs from its contract in ${CONTRACT} (another description); make the version 1.0.1 or later; if 1.0.0 is not merged yet, mip validate --fix --base REF writes it anew (frozen-contract)`,
      'catalog/algorithms/gamma.yaml:2:10 error /version: version 1.0.0 has no frozen contract; run mip validate --fix and commit catalog/releases/gamma/1.0.0.yaml (frozen-contract)',
      'catalog/platforms/far.yaml:1:1 warning /images/version_tags: not checked without a base: whether what changed has a new version; name one, such as mip validate --base origin/main (needs-base)',
    ]);
  });

  it('that is served is checked for itself', async () => {
    head
      .write(ENTRY, entryText('alpha', 'releases: [{ version: 0.9.0 }]\n'))
      .release('alpha', '0.9.0', frozenText('beta', { version: '0.9.0' }));
    head.write('catalog/platforms/local.yaml', MUTABLE);
    expect(await problems({})).toEqual([
      'catalog/releases/alpha/0.9.0.yaml:11:11 error /name: the file is catalog/releases/alpha/0.9.0.yaml but the name is beta; mend one of them (frozen-contract)',
    ]);
  });
});

describe('a catalog that is loaded to be run', () => {
  beforeEach(() => head.write(ENTRY, entryText('alpha').replace('Does nothing.', 'Does more')));

  it('asks nothing of releases where version tags may move, and says nothing of style', async () => {
    head.write('catalog/platforms/far.yaml', PLATFORM.replace('local', 'far').replace('mip', 'far'));
    head.write('catalog/platforms/local.yaml', MUTABLE);
    expect(await problems({ platform: 'local' })).toEqual([]);
  });

  it.each([['far'], ['nowhere'], ['broken']])('asks for contracts where they stay: %s', async (platform) => {
    head.write('catalog/platforms/far.yaml', PLATFORM.replace('local', 'far').replace('mip', 'far'));
    head.write('catalog/platforms/local.yaml', MUTABLE);
    head.write('catalog/platforms/broken.yaml', MUTABLE.replace('local', 'broken').replace('mip', 'broken').replace('mutable', 'maybe'));
    const found = (await loadCatalog(head.root, { platform })).problems.filter(({ rule }) => rule !== 'schema');
    expect(found.map(({ file, rule }) => [file, rule])).toEqual([[ENTRY, 'frozen-contract']]);
  });
});

describe('what changed since the base', () => {
  const same = (what: string) =>
    `${ENTRY}:2:10 error /version: ${what}, but the version is still 1.0.0; make it 1.0.1 or later (needs-version)`;
  const DIGEST = `ghcr.io/a/b@sha256:${'0'.repeat(64)}`;
  const image = (digit: string) => entryText('alpha').replace('source: algorithms/alpha', `image_uri: ${DIGEST.replace(/0$/, digit)}`);
  const allowGhcr = () => {
    for (const one of [head, base]) one.write('catalog/platforms/local.yaml', `${PLATFORM}images: { allowed_registries: [ghcr.io] }\n`);
  };

  it.each<[string, () => unknown, string[]]>([
    ['the source', () => head.write('algorithms/alpha/algorithm.py', 'x'), [same('algorithms/alpha/algorithm.py changed')]],
    ['a new file of the source', () => head.write('algorithms/alpha/extra/new.py', ''), [same('algorithms/alpha/extra/new.py changed')]],
    [
      'several files of its image',
      () =>
        head.write('algorithms/alpha/algorithm.py', 'x').write('algorithms/kernels/kernel.c', 'x').write('algorithms/sdk/mip_sdk/a.py', ''),
      [same('algorithms/alpha/algorithm.py and 2 more files of its image changed')],
    ],
    ['the SDK', () => head.write('algorithms/sdk/mip_sdk/worker.py', 'new'), [same('algorithms/sdk/mip_sdk/worker.py changed')]],
    ['what Git ignores', () => head.write('.gitignore', 'README.md\n'), [same('algorithms/alpha/README.md changed')]],
    [
      'the folder of the source',
      () => {
        cpSync(join(head.root, 'algorithms/alpha'), join(head.root, 'algorithms/new'), { recursive: true });
        head.write(ENTRY, entryText('alpha').replace('algorithms/alpha', 'algorithms/new'));
      },
      [same('the source was algorithms/alpha and is algorithms/new')],
    ],
    [
      'a ready-made image',
      () => {
        allowGhcr();
        base.write(ENTRY, image('0'));
        head.write(ENTRY, image('1'));
      },
      [same('the image is another')],
    ],
    [
      'a source becomes an image',
      () => {
        allowGhcr();
        head.write(ENTRY, image('0'));
      },
      [same(`the source was algorithms/alpha and is ${DIGEST}`)],
    ],
    [
      'back to a version that never was',
      () => {
        head.write(ENTRY, entryText('alpha').replace('1.0.0', '0.9.0')).release('alpha', '0.9.0');
      },
      [
        `${ENTRY}:2:10 error /version: goes back from 1.0.0 to 0.9.0, which was never released; make it later than 1.0.0, or name a released version (needs-version)`,
      ],
    ],
    [
      'a contract that breaks callers, with a minor version',
      () =>
        release('1.1.0', (text) => text.replace('scope: [instance]', 'scope: [series]'), { input: { scope: ['series'], units: 'stored' } }),
      [
        `${ENTRY}:2:10 error /version: version 1.1.0 breaks callers of 1.0.0 (instance is no scope any more); make it 2.0.0 or later (needs-major)`,
      ],
    ],
    [
      'a contract that breaks callers, under a version whose contract was never frozen',
      () => {
        rmSync(join(base.root, CONTRACT));
        release('1.0.0', (text) => text.replace('scope: [instance]', 'scope: [series]'), { input: { scope: ['series'], units: 'stored' } });
      },
      [
        `${ENTRY}:2:10 error /version: version 1.0.0 breaks callers of 1.0.0 (instance is no scope any more); make it 2.0.0 or later (needs-major)`,
      ],
    ],
    [
      'a contract below 1.0.0 that breaks callers, with a patch version',
      () => {
        base.write(ENTRY, entryText('alpha', PARAMETER).replace('1.0.0', '0.1.0'));
        release('0.1.1', (text) => text + PARAMETER.replace('minimum: 0', 'minimum: 1'), parameter({ minimum: 1 }));
      },
      [
        `${ENTRY}:2:10 error /version: version 0.1.1 breaks callers of 0.1.0 (p: its minimum was 0 and is 1); make it 0.2.0 or later (needs-major)`,
      ],
    ],
  ])('%s needs another version', async (_, change, expected) => {
    change();
    expect(await problems()).toEqual(expected);
    for (const one of [head, base])
      one.write('catalog/platforms/local.yaml', `${PLATFORM}images: { version_tags: mutable, allowed_registries: [ghcr.io] }\n`);
    expect(await problems(), 'where all tags may move').toEqual([]);
    head.write(
      'catalog/platforms/far.yaml',
      `${PLATFORM.replace('local', 'far').replace('mip', 'far')}images: { allowed_registries: [ghcr.io] }\n`,
    );
    expect(await problems(), 'where the tags of one platform stay').toEqual(expected);
  });

  it.each<[string, () => unknown]>([
    [
      'a new version of the source',
      () => {
        release('1.0.1');
        head.write('algorithms/alpha/algorithm.py', 'x');
      },
    ],
    ['an algorithm that is new', () => head.algorithm('gamma').release('gamma')],
    ['an algorithm that is gone', () => gone(ENTRY)],
    ['another folder', () => head.write('algorithms/other/x.py', '').write('docs/x.md', '')],
    ['what Git ignores', () => head.write('algorithms/alpha/x.o', '')],
    [
      'what is no part of the image',
      () => head.write(ENTRY, entryText('alpha').replace('cpu: 256', 'cpu: 512').replace('memory: 512', 'memory: 1024')),
    ],
    [
      'a breaking contract with a major version',
      () =>
        release('2.0.0', (text) => text.replace('scope: [instance]', 'scope: [series]'), { input: { scope: ['series'], units: 'stored' } }),
    ],
    ['a compatible contract with a minor version', () => release('1.1.0', (text) => text + PARAMETER, parameter())],
    [
      'a rollback: an earlier version that was released, with its source',
      () => {
        base
          .write(ENTRY, entryText('alpha').replace('1.0.0', '2.0.0'))
          .release('alpha', '2.0.0')
          .write('algorithms/alpha/algorithm.py', 'new');
        head.release('alpha', '2.0.0');
      },
    ],
    ['an entry that could not be read before', () => base.write(ENTRY, 'version: [')],
    ['an entry with a fault elsewhere before', () => base.write(ENTRY, entryText('alpha').replace('cpu: 256', 'cpu: 1'))],
    ['no sources at all', () => [head, base].map((one) => rmSync(join(one.root, 'algorithms/kernels'), { recursive: true }))],
  ])('%s: nothing to complain about', async (_, change) => {
    change();
    expect(await problems()).toEqual([]);
  });

  it('is seen though the base has a fault elsewhere', async () => {
    base.write(ENTRY, entryText('alpha').replace('cpu: 256', 'cpu: 1'));
    head.write('algorithms/alpha/algorithm.py', 'x');
    expect(await problems()).toEqual([same('algorithms/alpha/algorithm.py changed')]);
  });
});
