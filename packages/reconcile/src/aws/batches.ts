/** How many things go into one call, and how many calls run at once. */

import pLimit from 'p-limit';

/** Calls of one kind that run at the same time: enough to hide latency, few enough not to be throttled. */
const CONCURRENT_READS = 10;

/** Cuts a list into pieces of at most `size`. */
export function batches<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) => items.slice(index * size, (index + 1) * size));
}

/** `read` for every item, several at once; results in the order of the items. The first failure fails the whole. */
export async function readEach<T, R>(items: readonly T[], read: (item: T) => Promise<R>): Promise<readonly R[]> {
  const limit = pLimit(CONCURRENT_READS);
  return Promise.all(items.map((item) => limit(() => read(item))));
}

/** The same of what may not be there: what is, by its name. */
export async function readFound<T, R extends { readonly name: string }>(
  items: Iterable<T>,
  read: (item: T) => Promise<R | undefined>,
): Promise<ReadonlyMap<string, R>> {
  const found = await readEach([...items], read);
  return new Map(found.flatMap((one) => (one ? [[one.name, one] as const] : [])));
}
