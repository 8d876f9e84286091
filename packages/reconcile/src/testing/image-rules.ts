/** What ECR refuses of a repository's settings. Pure. */

import type { Check } from './rejection-rules.ts';

/** One to five patterns, and only where something is to be excluded. */
export const exclusionFilters: Check = ({ imageTagMutability = 'MUTABLE', imageTagMutabilityExclusionFilters: filters = [] }) => {
  const count = (filters as readonly unknown[]).length;
  const expected = String(imageTagMutability).endsWith('_WITH_EXCLUSION');
  return expected === count > 0 && count <= 5
    ? undefined
    : `Invalid parameter at 'imageTagMutabilityExclusionFilters' for ${imageTagMutability}`;
};

/** Rules of their own priority, each with what it selects and does. https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html */
export const lifecyclePolicy: Check = ({ lifecyclePolicyText }) => {
  const rules = rulesOf(String(lifecyclePolicyText));
  const priorities = new Set(rules.map(({ rulePriority }) => rulePriority));
  const whole = rules.every(({ rulePriority, selection, action }) => Number(rulePriority) >= 1 && isSelection(selection) && action);
  return rules.length > 0 && priorities.size === rules.length && whole
    ? undefined
    : "Invalid parameter at 'LifecyclePolicyText': lifecycle policy validation failure";
};

function rulesOf(text: string): readonly Record<string, unknown>[] {
  try {
    return [JSON.parse(text).rules ?? []].flat();
  } catch {
    return [];
  }
}

function isSelection(selection: unknown): boolean {
  const { tagStatus, countType, countUnit, countNumber } = Object(selection) as Record<string, unknown>;
  const counted = countType === 'sinceImagePushed' ? countUnit === 'days' : countType === 'imageCountMoreThan' && countUnit === undefined;
  return ['tagged', 'untagged', 'any'].includes(String(tagStatus)) && counted && Number(countNumber) >= 1;
}
