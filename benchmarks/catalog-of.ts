/** The catalog that the cases of `reconcile` work on. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PLATFORM } from './wanted.ts';

export const ROOT = join(import.meta.dirname, '..');

/**
 * A repository in a temporary folder with `count` entries that differ in name, text and numbers, each with the contract of its version; all
 * share one source folder.
 */
export function catalogOf(count: number): string {
  const repository = mkdtempSync(join(tmpdir(), 'mip-bench-'));
  for (const folder of ['algorithms/window-level', 'tests/oracles'])
    cpSync(join(ROOT, folder), join(repository, folder), { recursive: true });
  const write = (file: string, text: string) => {
    mkdirSync(join(repository, file, '..'), { recursive: true });
    writeFileSync(join(repository, file), text);
  };
  const platform = read('catalog/platforms/local.yaml').replace('name: local', `name: ${PLATFORM}`);
  write(`catalog/platforms/${PLATFORM}.yaml`, platform.replace('version_tags: mutable, publisher: packer', 'version_tags: immutable'));
  const entry = read('catalog/algorithms/window-level.yaml');
  const contract = read('catalog/releases/window-level/1.0.0.yaml');
  for (let index = 0; index < count; index += 1) {
    const name = `window-${Math.imul(index, 2_654_435_761) >>> 0}-${index}`;
    const text = entry.replace('name: window-level', `name: ${name}`).replace('timeout: 300', `timeout: ${300 + (index % 600)}`);
    write(`catalog/algorithms/${name}.yaml`, text);
    write(`catalog/releases/${name}/1.0.0.yaml`, contract.replace('"name": "window-level"', `"name": "${name}"`));
  }
  return repository;
}

function read(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8');
}
