/**
 * One rule on an algorithm's input: pass, fail or unknown. Only a failed rule ever refuses an image; what is missing, unreadable or
 * not looked at is unknown. The worker has the same in Python, and `schemas/vectors/input-rules.json` holds both to it.
 */
import type { InputRule } from '../entry.ts';
import { attributeOf } from './attribute.ts';
import { type Pattern, readPattern } from './pattern.ts';
import { type Dataset, decimal, readAttribute, type Scalar, type Seen, strip } from './values.ts';

export type Verdict = 'pass' | 'fail' | 'unknown';
export type FactName = NonNullable<InputRule['fact']>;

/** The facts that have been looked at: no values where the image has none. */
export type Facts = Readonly<Partial<Record<FactName, Seen>>>;

/** What is known of the image, or of one of the images. */
export interface Known {
  readonly dataset: Dataset;
  /** Whether what the data set lacks is not in the image either. */
  readonly complete: boolean;
  readonly facts: Facts;
}

const ABSENT: Seen = { values: [], present: false, more: false, numeric: false };

export function checkRule(rule: InputRule, known: Known): Verdict {
  const seen = rule.fact === undefined ? attribute(rule, known) : known.facts[rule.fact];
  if (!seen) return 'unknown';
  if (rule.present !== undefined) return seen.present === rule.present ? 'pass' : 'fail';
  if (seen.values.length === 0) return 'unknown';
  if (rule.range) return inRange(rule.range, seen);
  if (rule.matches !== undefined) return seen.numeric || rule.fact ? 'unknown' : matches(rule.matches, seen);
  const accepted = rule.one_of ?? (rule.equals === undefined ? [] : [rule.equals]);
  const isAccepted = (value: Scalar) => accepted.some((one) => same(one, value));
  if (rule.fact !== undefined) return all(seen, isAccepted);
  return texts(seen).some(isAccepted) ? 'pass' : seen.more ? 'unknown' : 'fail';
}

function attribute({ tag = '' }: InputRule, { dataset, complete }: Known): Seen | undefined {
  const found = attributeOf(tag);
  return found && (readAttribute(dataset, found.tag) ?? (complete ? ABSENT : undefined));
}

/** Each value, and all of them as one text. */
function texts({ values, joined }: Seen): readonly Scalar[] {
  return joined === undefined ? values : [...values, joined];
}

/** A value that is out fails whatever is not known. */
function all({ values, more }: Seen, accepted: (value: Scalar) => boolean | undefined): Verdict {
  const results = values.map(accepted);
  if (results.includes(false)) return 'fail';
  return more || results.includes(undefined) ? 'unknown' : 'pass';
}

function inRange({ minimum = -Infinity, maximum = Infinity }: NonNullable<InputRule['range']>, seen: Seen): Verdict {
  return all(seen, (value) => {
    const number = decimal(value);
    return number === undefined ? undefined : minimum <= number && number <= maximum;
  });
}

const patterns = new Map<string, Pattern | undefined>();
const MOST_PATTERNS = 1000;
/** DICOM's longest text of bounded length; beyond it lie reports, which no rule reads. */
const LONGEST = 10_240;

function matches(source: string, seen: Seen): Verdict {
  const pattern = compiled(source);
  const candidates = texts(seen).map(String);
  if (!pattern || candidates.some((text) => text.length > LONGEST)) return 'unknown';
  return candidates.some((text) => pattern.foundIn(text)) ? 'pass' : 'fail';
}

function compiled(source: string): Pattern | undefined {
  if (!patterns.has(source)) {
    if (patterns.size >= MOST_PATTERNS) patterns.clear();
    const read = readPattern(source);
    patterns.set(source, typeof read === 'string' ? undefined : read);
  }
  return patterns.get(source);
}

function same(accepted: Scalar, value: Scalar): boolean {
  if (typeof accepted === 'boolean' || typeof value === 'boolean') return accepted === value;
  if (typeof accepted === 'string' && typeof value === 'string') return strip(accepted) === value;
  const number = decimal(value);
  return number !== undefined && decimal(accepted) === number;
}
