/** Who makes a call, and what they may do. */
import type { Level, Need, Permissions, Scope } from './permissions.ts';

/** GitHub Actions' own app and its bot, by their real ids. */
export const ACTIONS = { slug: 'github-actions', app: 15368, login: 'github-actions[bot]', user: 41898282 } as const;

export interface Actor {
  readonly login: string;
  /** The slug of the app whose token this is. A person has none. */
  readonly app?: string;
  /** It is the app itself, by a key that it signs with, not an installation of it. */
  readonly signs?: true;
  /** Of an app: what is not named is `none`, as in a workflow's `permissions:`. A person may do everything. */
  readonly permissions?: Permissions;
}

/** What a test says of a token. */
export interface TokenOptions {
  /** `github-actions[bot]` by default. Another name that ends with `[bot]` is another app's. */
  readonly login?: string;
  readonly permissions?: Permissions;
}

const EVERYTHING: Permissions = {
  actions: 'write',
  checks: 'write',
  contents: 'write',
  deployments: 'write',
  issues: 'write',
  'pull-requests': 'write',
  statuses: 'write',
};

export function actorOf({ login = ACTIONS.login, permissions = EVERYTHING }: TokenOptions): Actor {
  return login.endsWith('[bot]') ? { login, app: login.slice(0, -'[bot]'.length), permissions } : { login };
}

const RANK: Record<Level, number> = { none: 0, read: 1, write: 2 };

/** @param subject what the call is about, where an issue and a pull request need different scopes. */
export function allows(actor: Actor, need: Need, subject?: 'issue' | 'pull-request'): boolean {
  if (need === 'app' || actor.signs) return need === 'app' && actor.signs === true;
  if (!actor.app) return true;
  if (typeof need === 'string') return need === 'anybody';
  const fit = subject === 'issue' && need.length > 1 ? need.filter((own) => own.startsWith('issues:')) : need;
  return fit.some((own) => {
    const [scope, level] = own.split(':') as [Scope, Level];
    return RANK[actor.permissions?.[scope] ?? 'none'] >= RANK[level];
  });
}
