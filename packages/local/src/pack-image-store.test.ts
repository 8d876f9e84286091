import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { digestOf } from './oci-registry.ts';
import { packImageStore } from './pack-image-store.ts';
import { extractLayer } from './unpack.ts';

const root = join(import.meta.dirname, '../../..');
let folder: string;
const entries: Record<string, string> = {};
/** Of a small server in the place of this repository's. */
let image: Awaited<ReturnType<typeof packImageStore>>;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mip-pack-image-store-'));
  entries['server.mjs'] = join(folder, 'server.ts');
  // Of CommonJS and of Node itself, as the server's packages are.
  const semver = JSON.stringify(join(root, 'node_modules/semver/index.js'));
  const lines = [
    "import { sep } from 'node:path';",
    `import semver from ${semver};`,
    "console.log(semver.inc('1.2.3', 'patch'), sep as string);",
  ];
  writeFileSync(join(folder, 'server.ts'), lines.join('\n'));
  image = await packImageStore(root, entries);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const config = ({ blobs }: Awaited<ReturnType<typeof packImageStore>>) => JSON.parse(Buffer.from(blobs[1] ?? '').toString('utf8')).config;

describe("the image store's image", () => {
  it('runs with Node alone, by the command that it names', async () => {
    const unpacked = join(folder, 'unpacked');
    await extractLayer(image.blobs[0] ?? Buffer.of(), unpacked);
    const { Entrypoint, WorkingDir, Labels } = config(image);
    expect([Entrypoint, WorkingDir]).toEqual([['node', 'server.mjs'], '/opt/mip/image-store']);
    expect(Labels['mip.tree-hash']).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(existsSync(join(unpacked, 'node_modules'))).toBe(false);
    const { stdout } = await promisify(execFile)(process.execPath, ['server.mjs'], { cwd: join(unpacked, WorkingDir), env: {} });
    expect(stdout).toBe('1.2.4 /\n');
  });

  it('is named by its digest before it is in a registry', () => {
    const { digest, manifest } = image;
    expect(digest).toBe(digestOf(Buffer.from(JSON.stringify(manifest))));
  });

  it('is the same whenever it is packed, and another when a line of it changes', async () => {
    expect((await packImageStore(root, entries)).digest).toBe(image.digest);
    const other = join(folder, 'other.ts');
    writeFileSync(other, readFileSync(join(folder, 'server.ts'), 'utf8').replace('1.2.3', '1.2.4'));
    expect((await packImageStore(root, { 'server.mjs': other })).digest).not.toBe(image.digest);
  });

  it('starts as the image of the Dockerfile does', () => {
    const lines = readFileSync(join(root, 'packages/image-store/Dockerfile'), 'utf8').split('\n');
    const { Entrypoint, WorkingDir, Env } = config(image);
    const words = Env.map((word: string) => (word.includes(' ') ? word.replace(/=(.*)/, '="$1"') : word));
    expect(lines).toContain(`ENV ${words.join(' ')}`);
    expect(lines).toEqual(
      expect.arrayContaining([`ENTRYPOINT [${Entrypoint.map((word: string) => `"${word}"`).join(', ')}]`, `WORKDIR ${WorkingDir}`]),
    );
    expect(lines).toContain('USER 65532:65532');
  });

  it('holds the server of this repository', async () => {
    const unpacked = join(folder, 'server');
    await extractLayer((await packImageStore(root)).blobs[0] ?? Buffer.of(), unpacked);
    const inside = join(unpacked, 'opt/mip/image-store');
    expect(readdirSync(inside).sort()).toEqual(['dcmjs-native-codecs.wasm', 'package.json', 'server.mjs', 'worker.js']);
    expect(readFileSync(join(inside, 'server.mjs'), 'utf8')).toContain('MIP_WORKERS_KEY');
  });
});
