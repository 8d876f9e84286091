/** Issues, and what pull requests share with them: labels, text, state. */
import type { Handlers } from '../operation.ts';
import { addIssue, setState } from '../pull-request.ts';
import type { Issue } from '../records.ts';
import { checkLength, invalid, notFound } from '../refusal.ts';
import { commentsOf, issue, label, labelsOf } from '../render/issue.ts';
import type { Place } from '../render/place.ts';

/** @throws Refusal 404 where there is none of that number. */
export function findIssue({ repository, path }: Place & { path: { issue_number: number } }): Issue {
  const found = repository.issues.get(path.issue_number);
  if (!found) throw notFound();
  return found;
}

type Named = string | { readonly name?: string };

const nameOf = (own: Named): string => (typeof own === 'string' ? own : (own.name ?? ''));

/** GitHub makes a label that it does not know, in its default colour. */
function known({ github, repository }: Place, labels: readonly Named[]): string[] {
  return labels.map((own) => {
    const name = nameOf(own);
    const key = name.toLowerCase();
    if (!name) throw invalid({ resource: 'Label', code: 'missing_field', field: 'name' });
    if (!repository.labels.has(key)) repository.labels.set(key, { id: github.nextId, name, color: 'ededed', description: null });
    return repository.labels.get(key)?.name ?? name;
  });
}

export const ISSUES = {
  'issues/get': (call) => ({ status: 200, data: issue(call, findIssue(call)) }),

  'issues/list-for-repo': (call) => {
    const { state = 'open', labels, creator, since, sort = 'created', direction = 'desc' } = call.query;
    const wanted = labels?.split(',').map((name) => name.trim().toLowerCase()) ?? [];
    const order = {
      created: (own: Issue) => own.number,
      updated: (own: Issue) => Date.parse(own.updated),
      comments: (own: Issue) => commentsOf(call, own.number).length,
    };
    const found = [...call.repository.issues.values()]
      .filter((own) => state === 'all' || own.state === state)
      .filter((own) => wanted.every((name) => own.labels.some((has) => has.toLowerCase() === name)))
      .filter((own) => !creator || own.login === creator)
      .filter((own) => !since || own.updated >= since)
      .sort((a, b) => order[sort](a) - order[sort](b) || a.number - b.number);
    const sorted = direction === 'desc' ? found.reverse() : found;
    return { status: 200, data: sorted.map((own) => issue(call, own)) };
  },

  'issues/create': (call) => {
    const { title, body = null, labels = [], assignees = [] } = call.body;
    if (!String(title).trim()) throw invalid({ resource: 'Issue', code: 'missing_field', field: 'title' });
    checkLength('Issue', body);
    const own = addIssue(call.github, call.repository, { login: call.actor.login, title: String(title), body });
    own.labels = known(call, labels as Named[]);
    own.assignees = [...assignees];
    return { status: 201, data: issue(call, own) };
  },

  'issues/update': (call) => {
    const own = findIssue(call);
    const { title = own.title, body = own.body, state = own.state, state_reason, labels, assignees } = call.body ?? {};
    checkLength('Issue', body);
    setState(call.github, own, state, call.actor.login);
    if (state_reason) own.reason = state_reason;
    if (labels) own.labels = known(call, labels as Named[]);
    if (assignees) own.assignees = assignees.map((who) => (typeof who === 'string' ? who : (who.login ?? '')));
    Object.assign(own, { title: String(title), body, updated: call.github.now });
    return { status: 200, data: issue(call, own) };
  },

  'issues/add-labels': (call) => {
    const own = findIssue(call);
    own.labels = [...new Set([...own.labels, ...known(call, (call.body?.labels ?? []) as Named[])])];
    return { status: 200, data: labelsOf(call, own) };
  },

  'issues/remove-label': (call) => {
    const own = findIssue(call);
    const name = call.path.name.toLowerCase();
    const left = own.labels.filter((has) => has.toLowerCase() !== name);
    if (left.length === own.labels.length) throw notFound('Label does not exist');
    own.labels = left;
    return { status: 200, data: labelsOf(call, own) };
  },

  'issues/get-label': (call) => {
    const found = call.repository.labels.get(call.path.name.toLowerCase());
    if (!found) throw notFound();
    return { status: 200, data: label(call, found) };
  },

  'issues/create-label': (call) => {
    const { name, color = 'ededed', description = null } = call.body;
    const { labels } = call.repository;
    if (labels.has(name.toLowerCase())) throw invalid({ resource: 'Label', code: 'already_exists', field: 'name' });
    if (!/^[0-9a-f]{6}$/i.test(color)) throw invalid({ resource: 'Label', code: 'invalid', field: 'color' });
    const own = { id: call.github.nextId, name, color, description };
    labels.set(name.toLowerCase(), own);
    return { status: 201, data: label(call, own) };
  },
} satisfies Partial<Handlers>;
