/** What a caller may rely on in one version of an algorithm. Pure. */
import type { EntryContract } from './entry.ts';

/** @param of a catalog entry with the schema's defaults filled in, or whatever else holds a contract's fields. */
export function contractOf(of: EntryContract): EntryContract {
  const { name, version, description, algorithm_type, parameters, input, output, license, regulatory } = of;
  return { name, version, description, algorithm_type, parameters, input, output, license, regulatory };
}
