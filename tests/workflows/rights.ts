/**
 * What GitHub gives to each job of a workflow, and act to none: a token that may do what `permissions` says, and, with `id-token: write`, where
 * to ask for OIDC tokens. It is written into the jobs of a checkout's workflows, as the input and the variables that actions read it from.
 */
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, parseDocument } from 'yaml';
import type { Level, Permissions, Scope } from '../github/permissions.ts';

export interface Rights {
  /** Of a job, what its `permissions` come to. */
  readonly token: (permissions: Permissions) => string;
  /** Where OIDC tokens are given out. */
  readonly identityUrl: string;
  /** A run for a fork's pull request reads, whatever its jobs ask for. */
  readonly fork: boolean;
}

interface Job {
  readonly permissions?: Readonly<Record<string, Level>>;
  readonly steps: readonly { readonly uses?: string }[];
}

/** @param folder a checkout with workflows and what they use by path. */
export function giveRights(folder: string, rights: Rights): void {
  for (const file of globSync('.github/workflows/*.yml', { cwd: folder })) {
    const path = join(folder, file);
    const document = parseDocument(readFileSync(path, 'utf8'));
    for (const [id, job] of Object.entries<Job>(document.toJS().jobs)) {
      const token = rights.token(permissionsOf(job, rights.fork));
      job.steps.forEach(({ uses = '' }, index) => {
        if (takesToken(folder, uses)) document.setIn(['jobs', id, 'steps', index, 'with', 'github-token'], token);
      });
      if (rights.fork || job.permissions?.['id-token'] !== 'write') continue;
      document.setIn(['jobs', id, 'env', 'ACTIONS_ID_TOKEN_REQUEST_URL'], rights.identityUrl);
      document.setIn(['jobs', id, 'env', 'ACTIONS_ID_TOKEN_REQUEST_TOKEN'], 'of this job');
    }
    writeFileSync(path, String(document));
  }
}

/** Scopes that are no API's, like `id-token`, do not count here. */
const SCOPES: readonly Scope[] = ['actions', 'checks', 'contents', 'deployments', 'issues', 'pull-requests', 'statuses'];

function permissionsOf({ permissions = {} }: Job, fork: boolean): Permissions {
  const given = SCOPES.flatMap((scope) => {
    const level = permissions[scope];
    return level === undefined ? [] : [[scope, fork && level === 'write' ? 'read' : level] as const];
  });
  return Object.fromEntries(given);
}

function takesToken(folder: string, uses: string): boolean {
  if (!uses.startsWith('./')) return false;
  const { inputs = {} } = parse(readFileSync(join(folder, uses, 'action.yml'), 'utf8'));
  return 'github-token' in inputs;
}
