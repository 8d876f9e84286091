/** Names that look alike: for "did you mean", and for the warning about similar algorithms. */

/** The known name at most two changes away, the nearest one; nothing when none is near. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  if (name.length > 64) return undefined;
  const near = known
    .map((one) => ({ one, away: changes(name.toLowerCase(), one.toLowerCase()) }))
    .filter(({ one, away }) => away <= Math.min(2, one.length / 2));
  return near.sort((a, b) => a.away - b.away)[0]?.one;
}

/** Levenshtein's distance: inserted, removed and replaced characters. */
export function changes(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
