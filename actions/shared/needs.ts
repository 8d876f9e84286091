/** What of a change its clinical owner has to approve, as the job that measured it hands it on. Pure. */
import { printableJson } from '@mip/catalog/printable';
import { Failure } from './action.ts';

export interface Need {
  readonly algorithm: string;
  /** Like `@somebody` or `@org/team`; null where the entry names nobody. */
  readonly owner: string | null;
  /** In sentences. */
  readonly reasons: readonly string[];
}

/** What is handed on in place of needs by a run that could not measure: nothing may be concluded from it. */
export const UNMEASURED = 'unmeasured';

/** Fits into a check run's text, with what stands around it there, and into a variable of the environment. */
const LONGEST = 40_000;
const SHORTER = [
  { reasons: 10, characters: 400 },
  { reasons: 2, characters: 120 },
  { reasons: 0, characters: 0 },
] as const;

/** As JSON; of many reasons the first, and how many more there are. @throws {Failure} for more algorithms than one record holds. */
export function needsAsText(needs: readonly Need[]): string {
  const texts = SHORTER.map((most) => printableJson(needs.map((need) => ({ ...need, reasons: cut(need.reasons, most) }))));
  const found = texts.find((text) => text.length <= LONGEST);
  if (found === undefined)
    throw new Failure('this changes the results of more algorithms than one pull request can have approved; split it into several');
  return found;
}

function cut(reasons: readonly string[], most: (typeof SHORTER)[number]): readonly string[] {
  const shown = reasons.slice(0, most.reasons).map((reason) => reason.slice(0, most.characters));
  const more = reasons.length - shown.length;
  return more > 0 ? [...shown, `${more} ${shown.length > 0 ? 'more ' : ''}in the report of the job build`] : shown;
}

/** @throws {Failure} for what no run of `build` wrote. */
export function readNeeds(text: string): readonly Need[] {
  const value = parsed(text);
  if (!Array.isArray(value) || !value.every(isNeed)) throw new Failure('the input needs is not what build hands on as its output needs');
  return value;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function isNeed(value: unknown): value is Need {
  const { algorithm, owner, reasons } = (value ?? {}) as Partial<Need>;
  const named = typeof algorithm === 'string' && (owner === null || typeof owner === 'string');
  return named && Array.isArray(reasons) && reasons.every((one) => typeof one === 'string');
}
