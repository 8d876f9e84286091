/** All operations of the double: the compiler knows when one is missing. */
import type { Handlers } from '../operation.ts';
import { APPS } from './apps.ts';
import { CHECKS } from './checks.ts';
import { COMMENTS } from './comments.ts';
import { COMMITS } from './commits.ts';
import { CONTENTS } from './contents.ts';
import { DEPLOYMENTS } from './deployments.ts';
import { ISSUES } from './issues.ts';
import { OBJECTS } from './objects.ts';
import { PULL_REQUESTS } from './pull-requests.ts';
import { REFS } from './refs.ts';
import { REPOSITORIES } from './repositories.ts';
import { TEAMS } from './teams.ts';
import { WORKFLOWS } from './workflows.ts';

export const HANDLERS: Handlers = {
  ...APPS,
  ...CHECKS,
  ...COMMENTS,
  ...COMMITS,
  ...CONTENTS,
  ...DEPLOYMENTS,
  ...ISSUES,
  ...OBJECTS,
  ...PULL_REQUESTS,
  ...REFS,
  ...REPOSITORIES,
  ...TEAMS,
  ...WORKFLOWS,
};
