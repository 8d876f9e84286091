import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fingerprintOf } from './deploy.ts';

describe('the fingerprint of a platform', () => {
  let root: string;
  const paths = ['infra/lib', 'schemas', 'package-lock.json', 'catalog/platforms/local.yaml'];
  const write = async (path: string, text: string) => {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  };
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'mip-fingerprint-'));
    await write('infra/lib/a.ts', 'a');
    await write('infra/lib/deep/b.ts', 'b');
    await write('package-lock.json', '{}');
    await write('catalog/platforms/local.yaml', 'name: local');
  });
  afterEach(() => rm(root, { recursive: true }));

  test('is the same for the same files, wherever they lie', async () => {
    const before = await fingerprintOf(root, paths);
    expect(before).toMatch(/^sha256:[0-9a-f]{64}$/);
    const elsewhere = `${root}-moved`;
    await rename(root, elsewhere);
    root = elsewhere;
    expect(await fingerprintOf(root, paths)).toBe(before);
  });

  test.each<[string, () => Promise<void>]>([
    ['a changed file', () => write('infra/lib/deep/b.ts', 'B')],
    ['a new file', () => write('infra/lib/c.ts', '')],
    ['a new folder among the inputs', () => write('schemas/x.json', '{}')],
    ['a removed file', () => rm(join(root, 'infra/lib/a.ts'))],
    ['a renamed file', () => rename(join(root, 'infra/lib/a.ts'), join(root, 'infra/lib/z.ts'))],
    ['another platform file', () => write('catalog/platforms/local.yaml', 'name: locaL')],
    ['other dependencies', () => write('package-lock.json', '{ }')],
    ['a byte moved from one file to the next', () => write('infra/lib/a.ts', 'ab').then(() => write('infra/lib/deep/b.ts', ''))],
  ])('%s changes it', async (_, change) => {
    const before = await fingerprintOf(root, paths);
    await change();
    expect(await fingerprintOf(root, paths)).not.toBe(before);
  });

  test.each([
    ['a test', 'infra/lib/a.test.ts'],
    ['a file beside the inputs', 'docs/readme.md'],
  ])('%s does not', async (_, path) => {
    const before = await fingerprintOf(root, paths);
    await write(path, 'new');
    expect(await fingerprintOf(root, paths)).toBe(before);
  });
});
