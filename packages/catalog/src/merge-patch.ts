/** JSON merge patch (RFC 7396): a member replaces, a null removes, an object goes on inside. Pure. */

export type Members = Readonly<Record<string, unknown>>;

/** One thing that a patch does to a value: without `value` the member goes. */
export interface Operation {
  readonly path: readonly string[];
  readonly value?: unknown;
}

export function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function member(of: unknown, key: string): unknown {
  return isObject(of) && Object.hasOwn(of, key) ? of[key] : undefined;
}

/** What becomes of a value; neither is changed. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const kept = Object.entries(isObject(target) ? target : {}).filter(([key]) => !Object.hasOwn(patch, key) || patch[key] !== null);
  const merged = new Map(kept);
  for (const [key, value] of Object.entries(patch)) if (value !== null) merged.set(key, mergePatch(member(target, key), value));
  return Object.fromEntries(merged);
}

/** The members that a patch sets or removes, the deepest that are meant, without those that are so already. */
export function operationsOf(target: unknown, patch: Members, above: readonly string[] = []): readonly Operation[] {
  return Object.entries(patch).flatMap(([key, value]): readonly Operation[] => {
    const path = [...above, key];
    const old = member(target, key);
    if (value === null) return old === undefined ? [] : [{ path }];
    return isObject(value) && isObject(old) ? operationsOf(old, value, path) : [{ path, value: mergePatch(undefined, value) }];
  });
}
