/** Which cases of an entry can be run, and with what. Pure. */
import { type Algorithm, type ConformanceCase, type ParameterValue, validateParameters } from '@mip/catalog';
import type { EntryContract } from '@mip/registry/entry';

/** What the cases need to know of an algorithm; an entry of another commit will do. */
export type Subject = EntryContract & Pick<Algorithm, 'name' | 'source' | 'memory' | 'timeout' | 'parameters'>;

/** A case with the parameters that a worker would see, or the sentence that says why it cannot run. */
export type Chosen = { readonly of: ConformanceCase } & (
  | { readonly parameters: Readonly<Record<string, ParameterValue>>; readonly reason?: never }
  | { readonly reason: string }
);

/**
 * The entry's cases in their order.
 * @param only the name of one of them
 * @throws {Error} with a sentence when there is no such case, or none at all.
 */
export function chooseCases(
  { name, parameters, conformance = [] }: Pick<Algorithm, 'name' | 'parameters' | 'conformance'>,
  only?: string,
): readonly Chosen[] {
  const names = conformance.map((one) => one.name);
  if (names.length === 0) throw new Error(`${name} has no conformance cases: give its entry at least one under "conformance".`);
  if (only !== undefined && !names.includes(only)) throw new Error(`${name} has no case ${only}; it has ${names.join(', ')}.`);
  return conformance.filter((one) => only === undefined || one.name === only).map((of) => chosen(of, parameters));
}

function chosen(of: ConformanceCase, declared: Algorithm['parameters']): Chosen {
  const { effective, faults } = validateParameters(declared, of.parameters ?? {});
  const [fault] = faults;
  return fault ? { of, reason: `${fault.pointer} ${fault.detail}` } : { of, parameters: effective };
}
