import type { RegistryEntry } from './entry.ts';
import type { Registry } from './registry.ts';
import { ShortMemory } from './short-memory.ts';

/**
 * Remembers rows for a moment. What reconcile withdraws or changes is noticed at the latest after `keptMs`; an algorithm that is new, at once.
 *
 * @param keptMs shorter than reconcile waits between a withdrawal and its look at the queue, or a job may come to a queue that goes.
 */
export function cachedRegistry(registry: Pick<Registry, 'get'>, keptMs: number, now: () => Date): Pick<Registry, 'get'> {
  const memory = new ShortMemory<RegistryEntry | undefined>({ keptMs, now });
  return { get: (name) => memory.get(name, () => registry.get(name)) };
}
