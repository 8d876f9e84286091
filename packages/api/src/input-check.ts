/** The rules of an algorithm's input against what a look has seen. Pure. */
import { checkRule, type Facts, type Known, type Verdict } from '@mip/catalog/input-rules/check-rule';
import { framesOf, INSTANCE_FACTS, seen } from '@mip/catalog/input-rules/facts';
import { type Input, modalityRule, rulesOf, wordsOf } from '@mip/catalog/input-rules/rules-of';
import type { Dataset, Seen } from '@mip/catalog/input-rules/values';
import type { Found, Level, Look } from './look/look.ts';
import { isOverridden, NO_OVERRIDES, type Overriding, overrideWarning, refusalOf } from './overrides.ts';
import { type Capacity, misfits } from './size-check.ts';

export interface CheckedInput {
  /** What the image is refused for: what each rule asks for, never what the image has. */
  readonly refused: readonly string[];
  readonly warnings: readonly string[];
  /** Whether a rule is left that only the worker can answer. */
  readonly deferred: boolean;
}

/** The longest words that a record keeps. */
const LONGEST = 1000;

/** What is asked of an image: rules, and that it fits. */
export interface Wanted {
  readonly input: Input;
  readonly capacity: Capacity;
  /** Rules that a client overrides; none by default. */
  readonly overriding?: Overriding;
}

export function checkInput({ input, capacity, overriding = NO_OVERRIDES }: Wanted, level: Level, look: Look): CheckedInput {
  const rules = rulesOf(input);
  if (look.kind !== 'found') return { refused: [], warnings: overridden(rules, [], overriding), deferred: true };
  const results = level === 'study' ? ofStudy(input, look) : ofImages(rules, known(level, look));
  const failed = results.filter(({ verdict }) => verdict === 'fail').map(({ rule }) => rule);
  const refusing = failed.filter((rule) => rule.severity === 'reject' && !isOverridden(rule, overriding));
  const warning = failed.filter(({ severity }) => severity === 'warn');
  return {
    refused: [
      ...refusing.map((rule) => refusalOf(rule, overriding)),
      ...(look.instance ? misfits(look.instance, imagesOf(level, look), capacity) : []),
    ],
    warnings: [...warning.map((rule) => wordsOf(rule).slice(0, LONGEST)), ...overridden(rules, failed, overriding)],
    deferred: results.length < rules.length || results.some(({ verdict }) => verdict === 'unknown'),
  };
}

/** What is said of each rule that a client overrides, whether it is known to fail or not. */
function overridden(rules: readonly Rule[], failed: readonly Rule[], overriding: Overriding): readonly string[] {
  const { role } = overriding;
  if (role === undefined) return [];
  return rules.filter((rule) => isOverridden(rule, overriding)).map((rule) => overrideWarning(rule, role, failed.includes(rule)));
}

type Rule = ReturnType<typeof rulesOf>[number];
type Result = { readonly rule: Rule; readonly verdict: Verdict };

function ofImages(rules: readonly Rule[], known: Known): readonly Result[] {
  return rules.map((rule) => ({ rule, verdict: checkRule(rule, known) }));
}

/** An algorithm that takes a study picks its series itself: whether one of them fits is all that can be said before. */
function ofStudy(input: Input, { modalities }: Found): readonly Result[] {
  const rule = modalityRule(input);
  if (!rule) return [];
  const fits = modalities?.some((modality) => input.modalities?.includes(modality));
  return [{ rule, verdict: fits === undefined ? 'unknown' : fits ? 'pass' : 'fail' }];
}

function known(level: Level, look: Found): Known {
  const { instance, known = {} } = look;
  const facts = instance ? factsOf(instance, imagesOf(level, look)) : {};
  return { dataset: instance ?? known, complete: instance !== undefined, facts };
}

function imagesOf(level: Level, { instances }: Found): number | undefined {
  return level === 'instance' ? 1 : instances;
}

/** @param images how many instances there are, with this one; undefined where that is not known */
function factsOf(instance: Dataset, images: number | undefined): Facts {
  const frames = framesOf(instance);
  const alone = images === 1 && frames === 1;
  const spacing = INSTANCE_FACTS.spacing_mm(instance);
  const facts: Record<keyof Facts, Seen | undefined> = {
    // The step from slice to slice is part of it, and is measured between the slices.
    spacing_mm: spacing && { ...spacing, more: !alone && spacing.present },
    slices: images === undefined || (images > 1 && frames > 1) ? undefined : seen([images * frames]),
    orientation: INSTANCE_FACTS.orientation(instance),
    uniform: alone ? seen([true]) : undefined,
    is_derived_by_mip: INSTANCE_FACTS.is_derived_by_mip(instance),
  };
  return Object.fromEntries(Object.entries(facts).filter(([, fact]) => fact !== undefined)) as Facts;
}
