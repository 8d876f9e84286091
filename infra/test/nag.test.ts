/** AWS's own list of good practice (cdk-nag, AwsSolutions): each finding is either mended or answered here, with the reason. */

import { AwsSolutionsChecks } from 'cdk-nag';
import { expect, test } from 'vitest';
import { ADMIN_PATHS } from '../lib/api.ts';
import { synthesisedApp, WITH_IMAGE_STORE } from './synthesised.ts';

const WILDCARD = 'A resource is given by the shape of its name where it is made later, by reconcile; no action has a wildcard.';
const TICKET = 'Who is connected has shown a ticket.';
const OWN_KEYS =
  'The Lambda checks the key of every call itself: keys of clients lie hashed in a table, those of the administrator in SSM.';
const OBJECTS = "Who read which object is told by CloudTrail's data events, which belong to the account and not to one platform.";

const ANSWERED: Readonly<Record<string, string>> = {
  'AwsSolutions-APIG1 Api/DefaultStage':
    'The router logs every request itself, by route, without identifiers; an access log would hold them.',
  'AwsSolutions-APIG1 WebSocketStage':
    'Its Lambda logs every event itself, without tickets; an access log needs a role of the whole account to write it.',
  'AwsSolutions-APIG4 WebSocketApi/$connect-Route': 'Its Lambda lets in whoever has a ticket, once: a browser has nothing else to show.',
  'AwsSolutions-APIG4 WebSocketApi/$default-Route': TICKET,
  'AwsSolutions-APIG4 WebSocketApi/$disconnect-Route': TICKET,
  'AwsSolutions-APIG4 Api/DefaultRoute': OWN_KEYS,
  ...Object.fromEntries(ADMIN_PATHS.map((path) => [`AwsSolutions-APIG4 Api/ANY${path.replaceAll('/', '--')}`, OWN_KEYS])),
  'AwsSolutions-AS3 GpuInstances': 'Instances come and go with the tasks that need them: nobody wants a message about each.',
  'AwsSolutions-ECS2 ImageStoreTask':
    'What is secret comes from Secrets Manager; the rest says where it runs and how large an image may be.',
  'AwsSolutions-ELB2 ImageStoreBalancer':
    'Its access log would hold the UIDs of studies; the image store logs every request itself, without them.',
  'AwsSolutions-SMG4 GitHubSecret': 'The credentials are those of GitHub, whose owner changes them; an app has tokens of an hour.',
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
  'AwsSolutions-IAM5 GpuInstanceRole/DefaultPolicy':
    "It is the CDK's own of what ECS's agent needs (`ecs:Submit*` on this cluster; logs and sign-in have no resource to name).",
  'AwsSolutions-IAM5 ImageStoreRole': WILDCARD,
  'AwsSolutions-IAM5 NotifierRole/DefaultPolicy':
    'The secrets of clients are made one by one, by `mip clients secret`; no action has a wildcard.',
  'AwsSolutions-IAM5 ReconcileRead': WILDCARD,
  'AwsSolutions-IAM5 AdminRole/DefaultPolicy': WILDCARD,
  'AwsSolutions-IAM5 RouterRole/DefaultPolicy': WILDCARD,
  'AwsSolutions-IAM5 ScaleRole': WILDCARD,
  'AwsSolutions-IAM5 SweeperRole/DefaultPolicy': WILDCARD,
  'AwsSolutions-IAM5 TaskBoundary': WILDCARD,
  'AwsSolutions-IAM5 WebSocketRole/DefaultPolicy': 'Ids of connections are made by API Gateway; the API and its stage are named.',
};

test('every finding has an answer, and every answer a finding', { timeout: 120_000 }, () => {
  const { app } = synthesisedApp(
    { ...WITH_IMAGE_STORE, capacity: { gpu: true }, github: { repository: 'octo-org/catalog', create_provider: true } },
    false,
  );
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
