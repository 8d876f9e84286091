import { physicalNames } from '@mip/registry/names';
import { describe, expect, test } from 'vitest';
import type { Platform } from '../lib/platform.ts';
import { PLATFORM, synthesise, synthesiseDelivery } from './synthesised.ts';

const names = physicalNames({ prefix: 'rad', account: '123456789012', region: 'eu-north-1', platform: 'north' });
const { planRole, buildRole, applyRole, scaleRole, deployRole } = names;
const github = { repository: 'octo-org/catalog', environment: 'clinic', branch: 'trunk' };
const ISSUER = 'token.actions.githubusercontent.com';

/** Who takes on which role, by what GitHub puts into the token's subject; the first column is the whole truth of it. */
const SUBJECTS: readonly (readonly [role: string, subjects: readonly string[]])[] = [
  [planRole, ['pull_request', 'ref:refs/heads/trunk']],
  [buildRole, ['ref:refs/heads/trunk']],
  [applyRole, ['environment:clinic']],
  [scaleRole, ['environment:clinic']],
  [deployRole, ['environment:clinic']],
];

/** The trust of all roles that workflows use, by their names. */
function trustIn(platform: Platform): ReadonlyMap<string, readonly unknown[]> {
  const stacks = [synthesise(platform, false), synthesiseDelivery(platform, false)];
  const roles = stacks.flatMap((stack) => stack?.resources('AWS::IAM::Role') ?? []);
  const ofWorkflows = roles.filter(({ Properties }) => /-reconcile-|-deploy$/.test(Properties.RoleName ?? ''));
  return new Map(ofWorkflows.map(({ Properties }) => [Properties.RoleName, Properties.AssumeRolePolicyDocument.Statement]));
}

describe('with a repository', () => {
  const trust = trustIn({ ...PLATFORM, github });

  test('there are these roles and no other', () => {
    expect([...trust.keys()].sort()).toEqual(SUBJECTS.map(([role]) => role).sort());
  });

  test.each(SUBJECTS)('%s is for %j alone', (role, subjects) => {
    const sub = subjects.map((subject) => `repo:octo-org/catalog:${subject}`);
    expect(trust.get(role)).toEqual([
      {
        Action: 'sts:AssumeRoleWithWebIdentity',
        Effect: 'Allow',
        Principal: { Federated: `arn:aws:iam::123456789012:oidc-provider/${ISSUER}` },
        Condition: { StringEquals: { [`${ISSUER}:aud`]: 'sts.amazonaws.com', [`${ISSUER}:sub`]: sub } },
      },
    ]);
  });

  test('no subject has a wildcard', () => {
    expect(JSON.stringify([...trust.values()])).not.toMatch(/StringLike|\*/);
  });
});

test('what the platform file leaves out is as its schema says', () => {
  const trust = trustIn({ ...PLATFORM, github: { repository: 'octo-org@1/catalog@2' } });
  const subjects = JSON.stringify([...trust.values()]).match(/repo:[^"]+/g);
  expect([...new Set(subjects)].sort()).toEqual(
    ['environment:production', 'pull_request', 'ref:refs/heads/main'].map((subject) => `repo:octo-org@1/catalog@2:${subject}`),
  );
});

describe('without a repository', () => {
  const trust = trustIn(PLATFORM);

  test('nobody deploys from a workflow', () => {
    expect([...trust.keys()].sort()).toEqual([planRole, buildRole, applyRole, scaleRole].sort());
  });

  test.each([...trust])('%s is for whom the account allows', (_, [statement, ...others]) => {
    expect(others).toEqual([]);
    expect(statement).toMatchObject({ Action: 'sts:AssumeRole', Effect: 'Allow' });
    expect(JSON.stringify(statement)).toContain(':iam::123456789012:root');
  });
});

test('a session lasts an hour', () => {
  const platform = { ...PLATFORM, github };
  const stacks = [synthesise(platform, false), synthesiseDelivery(platform, false)];
  const roles = stacks.flatMap((stack) => stack?.resources('AWS::IAM::Role') ?? []);
  const ofWorkflows = roles.filter(({ Properties }) => SUBJECTS.some(([role]) => role === Properties.RoleName));
  expect(ofWorkflows.map(({ Properties }) => Properties.MaxSessionDuration)).toEqual([3600, 3600, 3600, 3600, 3600]);
});
