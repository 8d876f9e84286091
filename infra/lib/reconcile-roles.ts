/**
 * The roles of reconcile in one region, each for one job of the workflows. `tests/permissions.test.ts` holds them against what the kinds
 * declare they call; `test/service-authorization.test.ts` holds each statement against what AWS says of its actions.
 */

import { CfnOutput, Duration } from 'aws-cdk-lib';
import { type IPrincipal, ManagedPolicy, Role } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { type Trust, trustOf } from './github-trust.ts';
import type { Place } from './platform.ts';
import { buildRights, readRights, scaleRights, writeRights } from './reconcile-rights.ts';
import { policyOf, type Right, statements } from './rights.ts';

interface Job {
  readonly id: string;
  readonly roleName: string;
  readonly description: string;
  readonly trusts: IPrincipal;
  /** Whether it plans first, and so reads all that the catalog owns. */
  readonly plans: boolean;
  readonly writes?: readonly Right[];
}

export function addReconcileRoles(scope: Construct, place: Place): void {
  const { names } = place;
  const reading = new ManagedPolicy(scope, 'ReconcileRead', {
    managedPolicyName: names.readPolicy,
    path: names.rolePath,
    description: 'All that a plan looks at',
    statements: statements(readRights(place)),
  });
  for (const { id, roleName, description, trusts, plans, writes } of jobsOf(place, trustOf(place.platform))) {
    new Role(scope, id, {
      roleName,
      description,
      path: names.rolePath,
      maxSessionDuration: Duration.hours(1),
      assumedBy: trusts,
      managedPolicies: plans ? [reading] : [],
      inlinePolicies: writes ? { write: policyOf(writes) } : {},
    });
    new CfnOutput(scope, `${id}Arn`, { value: names.roleArn(roleName) });
  }
}

function jobsOf(place: Place, { proposed, merged, approved }: Trust): readonly Job[] {
  const { planRole, buildRole, applyRole, scaleRole } = place.names;
  const job = (id: string, roleName: string, trusts: IPrincipal, description: string, rights: Pick<Job, 'plans' | 'writes'>): Job => ({
    ...{ id, roleName, trusts, description },
    ...rights,
  });
  return [
    job('PlanRole', planRole, proposed, 'mip plan and mip drift: read what the catalog owns', { plans: true }),
    job('BuildRole', buildRole, merged, 'Push images of algorithms', { plans: true, writes: buildRights(place) }),
    job('ApplyRole', applyRole, approved, 'mip apply: read and write what the catalog owns', { plans: true, writes: writeRights(place) }),
    job('ScaleRole', scaleRole, approved, 'mip scale: set a number of tasks', { plans: false, writes: scaleRights(place) }),
  ];
}
