/** Whose word stands against a rule on the input, and against which. Pure. */
import { isOverridable } from '@mip/catalog/input-rules/overridable';
import { type Input, rulesOf, wordsOf } from '@mip/catalog/input-rules/rules-of';
import type { Client, JobRecord } from '@mip/registry';
import type { Fault } from './middleware/problem.ts';

type Rule = ReturnType<typeof rulesOf>[number];

/** What a client may override, and does. */
export interface Overriding {
  /** The role by which it may; undefined where it has none. */
  readonly role: string | undefined;
  /** As the rules write them. */
  readonly tags: ReadonlySet<string>;
}

export const NO_OVERRIDES: Overriding = { role: undefined, tags: new Set() };

/** The longest words that a record keeps. */
const LONGEST = 1000;

/** The first of the roles that the platform allows which the client has. */
export function overridingRole({ roles = [] }: Pick<Client, 'roles'>, allowed: readonly string[]): string | undefined {
  return allowed.find((role) => roles.includes(role));
}

/** @param given `overrides` of a request, of any shape: what is not readable is the schema's fault. */
export function tagsOf(given: unknown): readonly (string | undefined)[] {
  if (!Array.isArray(given)) return [];
  return given.map((one: unknown) => {
    const tag = typeof one === 'object' && one !== null && 'tag' in one ? one.tag : undefined;
    return typeof tag === 'string' ? tag : undefined;
  });
}

/** The tags that name no rule, or one that nobody can override. */
export function overrideFaults(input: Input, given: unknown): readonly Fault[] {
  const tags = tagsOf(given);
  return tags.flatMap((tag, index) => {
    const detail = tag === undefined ? undefined : (faultOf(input, tag) ?? (tags.indexOf(tag) < index ? 'is named twice' : undefined));
    return detail === undefined ? [] : [{ pointer: `/overrides/${index}/tag`, detail }];
  });
}

function faultOf(input: Input, tag: string): string | undefined {
  const rules = rulesOf(input).filter((rule) => rule.tag === tag && rule.severity === 'reject');
  if (rules.length === 0) return 'names no rule that rejects: write the tag as the refusal of this algorithm names it';
  if (rules.every(isOverridable)) return undefined;
  return 'names a rule that nobody can override: one on the modality, the units, the size or the geometry, or on a private attribute';
}

export function isOverridden(rule: Rule, { role, tags }: Overriding): boolean {
  return role !== undefined && rule.tag !== undefined && tags.has(rule.tag) && isOverridable(rule);
}

/** What a rule asks for that refuses an image; to whom may override it, how. */
export function refusalOf(rule: Rule, { role }: Overriding): string {
  const words = wordsOf(rule).slice(0, LONGEST);
  return role !== undefined && isOverridable(rule)
    ? `${words}; your role lets you override it: name ${rule.tag} in overrides, with a reason`
    : words;
}

/** What the record says of each rule that is overridden. @param failed whether it is known to fail; of the other images the worker says so. */
export function overrideWarning(rule: Rule, role: string, failed: boolean): string {
  return `overridden by the role ${role}${failed ? '' : ', should it fail'}: ${wordsOf(rule)}`.slice(0, LONGEST);
}

/** As the record and the message have them; nothing where the request has none. */
export function overridesOf(given: readonly { readonly tag: string; readonly reason: string }[] | undefined, role: string | undefined) {
  const overrides = role === undefined ? undefined : given?.map(({ tag, reason }) => ({ tag, reason, role }));
  return (overrides && { overrides }) satisfies Pick<NonNullable<JobRecord['admission']>, 'overrides'> | undefined;
}
