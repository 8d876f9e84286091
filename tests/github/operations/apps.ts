/** Apps: where they are installed, and the tokens that they get for it. */
import type { App } from '../app.ts';
import type { Call, Handlers, Schemas } from '../operation.ts';
import { notFound } from '../refusal.ts';
import { user } from '../render/user.ts';

export const APPS = {
  'apps/get-repo-installation': (call) => ({ status: 200, data: installation(call, appOf(call)) }),

  'apps/create-installation-access-token': (call) => {
    const app = appOf(call);
    if (call.path.installation_id !== app.installation) throw notFound();
    const token = call.github.addToken({ login: `${app.slug}[bot]`, permissions: app.permissions });
    const expires_at = new Date(Date.now() + 3_600_000).toISOString().replace(/\.\d+/, '');
    return { status: 201, data: { token, expires_at, permissions: permissionsOf(app), repository_selection: 'selected' } };
  },
} satisfies Partial<Handlers>;

function appOf({ actor, github }: Pick<Call<'apps/get-repo-installation'>, 'actor' | 'github'>): App {
  const found = github.apps.find(({ slug }) => slug === actor.app);
  if (!found) throw notFound();
  return found;
}

function permissionsOf({ permissions }: App): Schemas['app-permissions'] {
  const named = Object.entries(permissions).filter(([, level]) => level !== 'none');
  return Object.fromEntries([['metadata', 'read'], ...named.map(([name, level]) => [name.replaceAll('-', '_'), level])]);
}

function installation(call: Call<'apps/get-repo-installation'>, app: App): Schemas['installation'] {
  const { github, repository } = call;
  const account = user({ github }, repository.owner);
  return {
    id: app.installation,
    account,
    repository_selection: 'selected',
    access_tokens_url: `${github.url}/app/installations/${app.installation}/access_tokens`,
    repositories_url: `${github.url}/installation/repositories`,
    html_url: `https://github.com/settings/installations/${app.installation}`,
    app_id: app.id,
    target_id: Number(account.id),
    target_type: 'User',
    permissions: permissionsOf(app),
    events: [],
    created_at: repository.created,
    updated_at: repository.created,
    single_file_name: null,
    app_slug: app.slug,
    suspended_by: null,
    suspended_at: null,
  };
}
