/** All rules on an algorithm's input, those that an entry need not write included. */
import type { AlgorithmEntry, InputRule } from '../entry.ts';

/** What an entry asks of its input. */
export type Input = Pick<AlgorithmEntry['input'], 'modalities' | 'rules'>;

/** An algorithm on the results of algorithms could run in circles: it has to be wanted. */
const NO_LOOPS: InputRule = {
  fact: 'is_derived_by_mip',
  equals: false,
  severity: 'reject',
  description: 'Results of MIP are not processed again.',
};

export function modalityRule({ modalities }: Input): InputRule | undefined {
  return modalities && { tag: 'Modality', one_of: modalities, severity: 'reject' };
}

/** Modalities first; a rule of the entry on `is_derived_by_mip` takes the place of the default one. */
export function rulesOf(input: Input): readonly InputRule[] {
  const { rules = [] } = input;
  const modality = modalityRule(input);
  const loops = rules.some(({ fact }) => fact === 'is_derived_by_mip') ? [] : [NO_LOOPS];
  return [...(modality ? [modality] : []), ...rules, ...loops];
}

/** What a rule asks for, as a clause; never what an image has. */
export function wordsOf(rule: InputRule): string {
  const { tag, fact, description } = rule;
  return `${tag ?? fact} has to ${asked(rule)}${description ? `: ${description}` : ''}`;
}

function asked({ present, matches, range, one_of, equals }: InputRule): string {
  if (present !== undefined) return present ? 'be there' : 'be absent';
  if (matches !== undefined) return `match ${matches}`;
  if (one_of) return `be ${one_of.length > 1 ? 'one of ' : ''}${one_of.join(', ')}`;
  return range ? `be ${bounds(range)}` : `be ${equals}`;
}

function bounds({ minimum, maximum, unit }: NonNullable<InputRule['range']>): string {
  const least = minimum === undefined ? [] : [`at least ${minimum}`];
  const most = maximum === undefined ? [] : [`at most ${maximum}`];
  return `${[...least, ...most].join(' and ')}${unit === '1' ? '' : ` ${unit}`}`;
}
