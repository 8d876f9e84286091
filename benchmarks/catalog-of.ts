/** The catalog that the cases of `reconcile` work on. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '..');

/** A repository in a temporary folder with `count` entries that differ in name, text and numbers, each with its frozen contract; all share one source folder. */
export function catalogOf(count: number): string {
  const repository = mkdtempSync(join(tmpdir(), 'mip-bench-'));
  for (const folder of ['catalog/platforms', 'algorithms/window-level', 'tests/oracles'])
    cpSync(join(ROOT, folder), join(repository, folder), { recursive: true });
  mkdirSync(join(repository, 'catalog/algorithms'));
  const entry = readFileSync(join(ROOT, 'catalog/algorithms/window-level.yaml'), 'utf8');
  const contract = readFileSync(join(ROOT, 'catalog/releases/window-level/1.0.0.yaml'), 'utf8');
  for (let index = 0; index < count; index += 1) {
    const name = `window-${Math.imul(index, 2_654_435_761) >>> 0}-${index}`;
    const text = entry.replace('name: window-level', `name: ${name}`).replace('timeout: 300', `timeout: ${300 + (index % 600)}`);
    writeFileSync(join(repository, 'catalog/algorithms', `${name}.yaml`), text);
    mkdirSync(join(repository, 'catalog/releases', name), { recursive: true });
    writeFileSync(
      join(repository, 'catalog/releases', name, '1.0.0.yaml'),
      contract.replace('"name": "window-level"', `"name": "${name}"`),
    );
  }
  return repository;
}
