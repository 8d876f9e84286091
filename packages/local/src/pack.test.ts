import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { imageName } from './image-name.ts';
import { digestOf } from './oci-registry.ts';
import { packLayer } from './pack.ts';
import { extractLayer } from './unpack.ts';

let root: string;

function write(path: string, text: string, mode = 0o644): void {
  mkdirSync(join(root, path, '..'), { recursive: true });
  writeFileSync(join(root, path), text, { mode });
}

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'mip-pack-'));
  write('.gitignore', 'build/\n*.o\n');
  write('algorithms/sdk/mip_sdk/worker.py', 'work');
  write('algorithms/kernels/build/libmip_kernels.so', 'kernels', 0o755);
  write('algorithms/kernels/build/notes.txt', 'no library');
  write('algorithms/a/adapter.py', 'adapter');
  write('algorithms/a/tests/test_a.py', 'test');
  write('algorithms/a/src/main.c', 'main');
  write('algorithms/a/src/main.o', 'object');
  write('algorithms/a/build/liba.so', 'library', 0o755);
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

const files = (folder: string) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();

describe('a packed algorithm', () => {
  it('holds its code, its library, the SDK and the kernels, and no tests or sources', async () => {
    const target = join(root, 'unpacked');
    await extractLayer((await packLayer(root, 'algorithms/a')).gzip, target);
    expect(files(target)).toEqual([
      'opt/mip/algorithm/adapter.py',
      'opt/mip/algorithm/build/liba.so',
      'opt/mip/kernels/lib/libmip_kernels.so',
      'opt/mip/sdk/mip_sdk/worker.py',
    ]);
    expect(readFileSync(join(target, 'opt/mip/algorithm/build/liba.so'), 'utf8')).toBe('library');
    expect(statSync(join(target, 'opt/mip/algorithm/build/liba.so')).mode & 0o777).toBe(0o755);
    expect(statSync(join(target, 'opt/mip/algorithm/adapter.py')).mode & 0o777).toBe(0o644);
  });

  it('has the same digest whenever it is packed', async () => {
    const first = await packLayer(root, 'algorithms/a');
    utimesSync(join(root, 'algorithms/a/adapter.py'), new Date(0), new Date(12_345_000));
    const second = await packLayer(root, 'algorithms/a');
    expect(digestOf(second.gzip)).toBe(digestOf(first.gzip));
  });

  it('has another digest when a byte of it changes', async () => {
    const first = await packLayer(root, 'algorithms/a');
    write('algorithms/sdk/mip_sdk/worker.py', 'worK');
    expect(digestOf((await packLayer(root, 'algorithms/a')).gzip)).not.toBe(digestOf(first.gzip));
  });
});

describe('unpacking', () => {
  async function layer(header: { name: string; type?: 'file' | 'symlink'; linkname?: string }): Promise<Buffer> {
    const archive = pack();
    archive.entry(header, header.type === 'symlink' ? '' : 'x');
    archive.finalize();
    return gzipSync(await buffer(archive));
  }

  it.each([
    ['a path above its folder', { name: '../outside' }, /outside of itself/],
    ['a path that climbs out later', { name: 'a/../../outside' }, /outside of itself/],
    ['an absolute path', { name: '/etc/outside' }, /outside of itself/],
    ['a link', { name: 'link', type: 'symlink' as const, linkname: '/etc/passwd' }, /has a symlink at link/],
  ])('refuses %s', async (_, header, message) => {
    const target = join(root, 'target');
    await expect(extractLayer(await layer(header), target)).rejects.toThrow(message);
    expect(files(root)).not.toContain('outside');
  });

  it('refuses bytes that are no archive', async () => {
    await expect(extractLayer(Buffer.from('no gzip'), join(root, 'target'))).rejects.toThrow();
  });
});

describe("a container's image", () => {
  it('is known by repository and digest', () => {
    const image = `000000000000.dkr.ecr.eu-central-1.amazonaws.com/mip-a@sha256:${'0'.repeat(64)}`;
    expect(imageName(image)).toEqual({ repository: 'mip-a', digest: `sha256:${'0'.repeat(64)}` });
  });

  it('is refused when a tag names it, which may move', () => {
    expect(() => imageName('registry/mip-a:v1.0.0')).toThrow(/not pinned by digest/);
  });
});
