/**
 * The roles of reconcile in one region, each for one job of the workflows. `tests/permissions.test.ts` holds them against what the kinds
 * declare they call; `test/service-authorization.test.ts` holds each statement against what AWS says of its actions.
 */

import { CfnOutput, Duration } from 'aws-cdk-lib';
import { type IPrincipal, Role } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { type Trust, trustOf } from './github-trust.ts';
import type { Place } from './platform.ts';
import { buildRights, readRights, scaleRights, writeRights } from './reconcile-rights.ts';
import { policyOf, type Right } from './rights.ts';

interface Job {
  readonly id: string;
  readonly roleName: string;
  readonly description: string;
  readonly trusts: IPrincipal;
  /** Beside reading, which all of them do. */
  readonly rights?: readonly Right[];
}

export function addReconcileRoles(scope: Construct, place: Place): void {
  const { names } = place;
  for (const { id, roleName, description, trusts, rights } of jobsOf(place, trustOf(place.platform))) {
    new Role(scope, id, {
      roleName,
      description,
      path: names.rolePath,
      maxSessionDuration: Duration.hours(1),
      assumedBy: trusts,
      inlinePolicies: { read: policyOf(readRights(place)), ...(rights && { write: policyOf(rights) }) },
    });
    new CfnOutput(scope, `${id}Arn`, { value: names.roleArn(roleName) });
  }
}

function jobsOf(place: Place, { proposed, merged, approved }: Trust): readonly Job[] {
  const { planRole, buildRole, applyRole, scaleRole } = place.names;
  return [
    { id: 'PlanRole', roleName: planRole, description: 'mip plan and mip drift: read what the catalog owns', trusts: proposed },
    { id: 'BuildRole', roleName: buildRole, description: 'Push images of algorithms', trusts: merged, rights: buildRights(place) },
    {
      id: 'ApplyRole',
      roleName: applyRole,
      description: 'mip apply: read and write what the catalog owns',
      trusts: approved,
      rights: writeRights(place),
    },
    { id: 'ScaleRole', roleName: scaleRole, description: 'mip scale: set a number of tasks', trusts: approved, rights: scaleRights(place) },
  ];
}
