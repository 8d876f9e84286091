import { expect, it } from 'vitest';
import type { RegistryEntry } from './entry.ts';
import { cachedRegistry } from './registry-cache.ts';

it('a withdrawal is seen at the latest after the time that rows are kept, and a new row at once', async () => {
  const rows = new Map<string, RegistryEntry>();
  let time = 0;
  const registry = cachedRegistry({ get: async (name) => rows.get(name) }, 5000, () => new Date(time));
  expect(await registry.get('window-level')).toBeUndefined();
  const row = { algorithm_name: 'window-level' } as RegistryEntry;
  rows.set('window-level', row);
  expect(await registry.get('window-level')).toBe(row);
  rows.delete('window-level');
  time = 5000;
  expect(await registry.get('window-level')).toBeUndefined();
});
