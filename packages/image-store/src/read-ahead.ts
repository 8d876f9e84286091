/**
 * Results in the order of the items, with up to `ahead` of them under way before they are asked for. Whoever stops early leaves no
 * result behind: those still under way are discarded when they come.
 */
export async function* readAhead<Item, Result>(
  items: Iterable<Item> | AsyncIterable<Item>,
  ahead: number,
  start: (item: Item) => Promise<Result>,
  discard: (result: Result) => void = () => {},
): AsyncGenerator<Result> {
  const pending: Promise<Result>[] = [];
  try {
    for await (const item of items) {
      const started = start(item);
      // Its failure is told when its turn comes.
      started.catch(() => {});
      pending.push(started);
      if (pending.length > ahead) yield await (pending.shift() as Promise<Result>);
    }
    while (pending.length > 0) yield await (pending.shift() as Promise<Result>);
  } finally {
    for (const left of pending) left.then(discard, () => {});
  }
}
