import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { imageFolders } from '@mip/catalog';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildNative } from './build.ts';
import { digestOf } from './oci-registry.ts';
import { packLayer } from './pack.ts';

const REPOSITORY = join(import.meta.dirname, '..', '..', '..');
const SOURCE = 'algorithms/grayscale';

describe('the compiled code', () => {
  let folder: string;
  let first: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mip-build-'));
    first = await checkout('first');
    await buildNative(first, { algorithm_type: 'openmp', source: SOURCE });
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** The sources of an image as another checkout would have them: nothing is built yet. */
  async function checkout(name: string): Promise<string> {
    const root = join(folder, name);
    for (const path of [...imageFolders(SOURCE), '.gitignore']) {
      await mkdir(join(root, path, '..'), { recursive: true });
      await cp(join(REPOSITORY, path), join(root, path), { recursive: true, filter: (from) => !/[/](build|__pycache__)$/.test(from) });
    }
    return root;
  }

  const imageOf = async (root: string) => digestOf((await packLayer(root, SOURCE)).tar);

  it('is the same, byte for byte, in a checkout at another path', async () => {
    const second = await checkout('another/and-longer/second');
    await buildNative(second, { algorithm_type: 'openmp', source: SOURCE });
    expect(existsSync(join(second, SOURCE, 'build', 'libgrayscale.so'))).toBe(true);
    expect(await imageOf(second)).toBe(await imageOf(first));
  });

  it('is the same where a shell went into the checkout through a link', async () => {
    const third = await checkout('third');
    await symlink(third, join(folder, 'link'));
    for (const cwd of ['algorithms/kernels', `${SOURCE}/src`].map((path) => join(folder, 'link', path))) {
      await execa('make', ['--silent'], { cwd, env: { PWD: cwd } });
    }
    expect(await imageOf(third)).toBe(await imageOf(first));
  });
});
