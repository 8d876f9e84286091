/** A catalog on a platform as large as AWS lets an account be. */
import type { Algorithm, Input } from '@mip/reconcile';
import { input, platform } from '@mip/reconcile/testing/fixtures';
import { LIMITS } from '@mip/registry/limits';

/** A platform whose version tags stay, as one in AWS: what runs on it has to be released. */
export const PLATFORM = 'bench';

/** IAM's roles, at most. */
export const ROLES = LIMITS.iam.roles.max;

/** @param of how many the catalog has in the end: more than AWS has roles share those of their class. */
export function wanted(algorithms: readonly Algorithm[], of: number): Input {
  const here = platform();
  return input(algorithms, {
    platform: { ...here, rolesUpTo: of > ROLES ? 0 : ROLES, quotas: { ...here.quotas, iam_roles: ROLES, ecs_services: of } },
  });
}
