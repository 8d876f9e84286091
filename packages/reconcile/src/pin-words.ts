/** A pin in words. Pure. */

import type { Pin } from '@mip/registry';

/** `pinned to 1.4.2 until 2026-01-01T02:00:00.000Z by somebody`. */
export function pinWords({ version, until, by }: Pin): string {
  return `pinned to ${version} until ${until} by ${by}`;
}
