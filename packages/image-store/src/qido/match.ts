/** Whether an attribute matches a key: PS3.4 §C.2.2.2 with the encoding of PS3.18 §8.3.4. Pure. */

import type { JsonElement } from '../dicom/json.ts';
import { UID } from '../uid.ts';

/** One key of a search, ready to be held against attributes. */
export type Test = (element: JsonElement | undefined) => boolean;

/** The key cannot be read; `message` says what it has to look like. */
export class BadKey extends Error {
  override readonly name = 'BadKey';
}

const WILDCARDS = new Set(['AE', 'CS', 'LO', 'LT', 'PN', 'SH', 'ST', 'UC', 'UR', 'UT']);
const NUMBERS = new Set(['DS', 'IS', 'FL', 'FD', 'SL', 'SS', 'UL', 'US', 'SV', 'UV']);

/**
 * @param vr of the attribute.
 * @throws {BadKey}
 */
export function compile(vr: string, key: string): Test {
  // An empty key matches everything, a lone star too: universal matching.
  if (key === '' || (WILDCARDS.has(vr) && /^\*+$/.test(key))) return () => true;
  if (vr === 'UI') return uids(key);
  if (vr === 'DA' || vr === 'TM' || vr === 'DT') return moment(vr, key);
  if (NUMBERS.has(vr)) return number(key);
  return text(vr, key);
}

const anyValue = (holds: (value: string) => boolean): Test => {
  return (element) => (element?.Value ?? []).some((value) => strings(value).some(holds));
};

/** A name has up to three representations, each of which may match. */
function strings(value: unknown): readonly string[] {
  if (value === null || value === undefined) return [];
  if (typeof value === 'object') return Object.values(value).filter((one) => typeof one === 'string');
  return [String(value)];
}

function uids(key: string): Test {
  const wanted = new Set(key.split(/[\\,]/).map((uid) => uid.trim()));
  for (const uid of wanted) if (!UID.test(uid)) throw new BadKey('is a UID, or a list of UIDs separated by commas');
  return anyValue((value) => wanted.has(value));
}

function number(key: string): Test {
  const wanted = Number(key);
  if (!/^[-+]?\d/.test(key) || !Number.isFinite(wanted)) throw new BadKey('is a number');
  return anyValue((value) => value.trim() !== '' && Number(value) === wanted);
}

const SHAPES = {
  DA: { pattern: /^\d{8}$/, form: 'YYYYMMDD', low: '00000101', high: '99991231' },
  TM: { pattern: /^\d{2}(\d{2}(\d{2}(\.\d{1,6})?)?)?$/, form: 'HHMMSS', low: '000000.000000', high: '235959.999999' },
  DT: { pattern: /^\d{4,14}(\.\d{1,6})?$/, form: 'YYYYMMDDHHMMSS', low: '00000101000000.000000', high: '99991231235959.999999' },
} as const;

/** A moment, or a range that may be open at one end. What is less precise stands for all that it spans. */
function moment(vr: keyof typeof SHAPES, key: string): Test {
  const { pattern, form } = SHAPES[vr];
  const ends = key.split('-');
  const [from = '', to = from] = ends;
  const wrong = ends.length > 2 || (from === '' && to === '') || [from, to].some((end) => end !== '' && !pattern.test(end));
  if (wrong) throw new BadKey(`is ${form}, or a range of them: ${form}-${form}, ${form}- or -${form}`);
  const lowest = from === '' ? '' : widen(vr, from, 'low');
  const highest = to === '' ? '\uffff' : widen(vr, to, 'high');
  return anyValue((value) => {
    const plain = value
      .trim()
      .replace(/^(\d{4})\.(\d\d)\.(\d\d)$/, '$1$2$3')
      .replace(/[-+]\d{4}$/, '');
    if (!pattern.test(plain)) return false;
    return widen(vr, plain, 'high') >= lowest && widen(vr, plain, 'low') <= highest;
  });
}

function widen(vr: keyof typeof SHAPES, value: string, end: 'low' | 'high'): string {
  const full = SHAPES[vr][end];
  return value + full.slice(value.length);
}

/** Literal, or with `*` for any characters and `?` for one. Spaces around are padding. Only names ignore case. */
function text(vr: string, key: string): Test {
  const fold = (value: string) => {
    const plain = value.trim();
    // Empty components at the end of a name are padding as well.
    return vr === 'PN' ? plain.toLowerCase().replace(/[\^= ]+$/, '') : plain;
  };
  const wanted = fold(key);
  if (!WILDCARDS.has(vr) || !/[*?]/.test(wanted)) return anyValue((value) => fold(value) === wanted);
  return anyValue((value) => like(wanted, fold(value)));
}

/** Greedy with one way back, so that no key takes longer than the product of the lengths: a regular expression would. */
function like(pattern: string, value: string): boolean {
  const wanted = [...pattern];
  const given = [...value];
  let [at, star, resume] = [0, -1, 0];
  let i = 0;
  while (i < given.length) {
    if (wanted[at] === '*') [star, resume, at] = [at, i, at + 1];
    else if (at < wanted.length && (wanted[at] === '?' || wanted[at] === given[i])) [at, i] = [at + 1, i + 1];
    else if (star >= 0) [at, resume, i] = [star + 1, resume + 1, resume + 1];
    else return false;
  }
  while (wanted[at] === '*') at++;
  return at === wanted.length;
}
