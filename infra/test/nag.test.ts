/** AWS's own list of good practice (cdk-nag, AwsSolutions): each finding is either mended or answered here, with the reason. */

import { AwsSolutionsChecks } from 'cdk-nag';
import { expect, test } from 'vitest';
import { synthesisedApp, WITH_IMAGE_STORE } from './synthesised.ts';

const WILDCARD = 'A resource is given by the shape of its name where it is made later, by reconcile; no action has a wildcard.';
const OBJECTS = "Who read which object is told by CloudTrail's data events, which belong to the account and not to one platform.";

const ANSWERED: Readonly<Record<string, string>> = {
  'AwsSolutions-APIG1 Api/DefaultStage':
    'The router logs every request itself, by route, without identifiers; an access log would hold them.',
  'AwsSolutions-APIG4 Api/DefaultRoute': 'The router checks the key of every call itself: keys of clients lie hashed in its own table.',
  'AwsSolutions-ECS2 ImageStoreTask':
    'What is secret comes from Secrets Manager; the rest says where it runs and how large an image may be.',
  'AwsSolutions-ELB2 ImageStoreBalancer':
    'Its access log would hold the UIDs of studies; the image store logs every request itself, without them.',
  'AwsSolutions-SMG4 PacsSecret-hospital': 'The credentials are those of another system, whose operator changes them.',
  'AwsSolutions-SMG4 WorkersKey':
    'Tasks get it when they start: a rotation by itself would shut out those that run. docs/deploy-the-image-store.md says how to change it.',
  'AwsSolutions-SMG4 ImagesKey': 'A new key would orphan every stored image: names of objects are made with it.',
  'AwsSolutions-S1 Images': OBJECTS,
  'AwsSolutions-S1 Reconciles': OBJECTS,
  'AwsSolutions-S1 Results': OBJECTS,
  'AwsSolutions-IAM5 ApplyRole': WILDCARD,
  'AwsSolutions-IAM5 BuildRole': WILDCARD,
  'AwsSolutions-IAM5 ClassRole-standard': WILDCARD,
  'AwsSolutions-IAM5 ExecutionRole/DefaultPolicy': WILDCARD,
  'AwsSolutions-IAM5 ImageStoreRole': WILDCARD,
  'AwsSolutions-IAM5 PlanRole': WILDCARD,
  'AwsSolutions-IAM5 RouterRole/DefaultPolicy': WILDCARD,
  'AwsSolutions-IAM5 ScaleRole': WILDCARD,
  'AwsSolutions-IAM5 SweeperRole/DefaultPolicy': WILDCARD,
  'AwsSolutions-IAM5 TaskBoundary': WILDCARD,
};

test('every finding has an answer, and every answer a finding', { timeout: 120_000 }, () => {
  const { app } = synthesisedApp({ ...WITH_IMAGE_STORE, github: { repository: 'octo-org/catalog', create_provider: true } }, false);
  const { violations } = new AwsSolutionsChecks(app).validateScope(app);
  const findings = violations.flatMap(({ ruleName, violatingResources }) =>
    violatingResources.map(({ constructPath = '' }) => `${ruleName.split('[')[0]} ${named(constructPath)}`),
  );
  expect([...new Set(findings)].sort()).toEqual(Object.keys(ANSWERED).sort());
});

/** What somebody called it: without the stack, and without the CDK's own `Resource` at the end. */
function named(path: string): string {
  return path
    .split('/')
    .slice(1)
    .join('/')
    .replace(/\/[^/]+$/, '');
}
