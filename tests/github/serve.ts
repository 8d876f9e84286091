/** One request: read → who may → operation → page → check. No network here. */
import type { IncomingHttpHeaders } from 'node:http';
import { ACTIONS, type Actor, allows } from './actor.ts';
import { checkAnswer, checkBody, checkParameters, isPaged, match } from './description.ts';
import { HANDLERS } from './operations/index.ts';
import { cut } from './page.ts';
import { type Need, OPERATIONS, type OperationId } from './permissions.ts';
import { followBranches } from './pull-request.ts';
import { forbidden, notFound, Refusal } from './refusal.ts';
import type { GitHubState, Repository } from './state.ts';

export interface Request {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** A request as it was understood. */
export interface Reading {
  readonly url: URL;
  readonly actor: Actor | undefined;
  readonly id: OperationId | undefined;
  readonly path: Record<string, unknown>;
  readonly query: Record<string, unknown>;
  readonly body: unknown;
  /** Why it is refused without a look at the state. */
  readonly refused: Refusal | undefined;
  /** How it differs from the description. */
  readonly violations: readonly string[];
}

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Undefined: no body. */
  readonly data: unknown;
  readonly violations: readonly string[];
}

export function read(github: GitHubState, { method, url: target, headers, body: bytes }: Request): Reading {
  const url = new URL(target, github.url);
  const actor = github.actor(headers.authorization ?? '');
  const found = match(method, url.pathname);
  const path = found?.path ?? {};
  const query: Record<string, unknown> = Object.fromEntries(url.searchParams);
  const text = bytes.toString();
  const body = parse(text);
  const own = { url, actor, id: found?.id, path, query, body };
  if (!found) return { ...own, refused: notFound(), violations: [`${method} ${url.pathname} is not described`] };
  const violations = [
    ...checkParameters(found.id, 'path', path),
    ...checkParameters(found.id, 'query', query),
    ...(body === INVALID ? ['body is no JSON'] : checkBody(found.id, body)),
    ...checkHeaders(headers, text !== ''),
  ].map((violation) => `request ${found.id}: ${violation}`);
  return { ...own, refused: refusalOf(actor, headers, body, violations), violations };
}

const INVALID = Symbol('no JSON');

function parse(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return INVALID;
  }
}

/** The double speaks only JSON. */
function checkHeaders(headers: IncomingHttpHeaders, hasBody: boolean): readonly string[] {
  const accepts =
    (headers.accept ?? '*/*').split(',').some((type) => /json|\*\/\*/.test(type)) &&
    !/[.](raw|html|text|diff|patch|sha)\b/.test(headers.accept ?? '');
  const isJson = !hasBody || (headers['content-type'] ?? '').startsWith('application/json');
  return [
    ...(accepts ? [] : [`accepts ${headers.accept}, the double answers JSON`]),
    ...(isJson ? [] : ['content-type is not application/json']),
  ];
}

function refusalOf(
  actor: Actor | undefined,
  headers: IncomingHttpHeaders,
  body: unknown,
  violations: readonly string[],
): Refusal | undefined {
  if (!headers['user-agent'])
    return forbidden('Request forbidden by administrative rules. Please make sure your request has a User-Agent header.');
  if (!actor) return new Refusal(401, headers.authorization ? 'Bad credentials' : 'Requires authentication');
  if (body === INVALID) return new Refusal(400, 'Problems parsing JSON');
  return violations.length ? new Refusal(422, `Invalid request.\n\n${violations.join('\n')}`) : undefined;
}

export function respond(github: GitHubState, reading: Reading): Reply {
  const { id, refused } = reading;
  const headers = headersOf(github, reading);
  try {
    const { actor } = reading;
    if (refused || !id || !actor) throw refused ?? notFound();
    const { status, data } = perform(github, { ...reading, actor }, id);
    const page = isPaged(id) ? cut(data, reading.url) : { data };
    const violations = checkAnswer(id, status, 'application/json', page.data).map((violation) => `${id}: ${violation}`);
    return { status, data: page.data, headers: { ...headers, ...(page.link && { link: page.link }) }, violations };
  } catch (fault) {
    if (!(fault instanceof Refusal)) throw fault;
    const violations = id ? checkAnswer(id, fault.status, 'application/json', fault.body) : [];
    return { status: fault.status, data: fault.body, headers, violations: violations.map((violation) => `${id}: ${violation}`) };
  }
}

function perform(github: GitHubState, { actor, path, query, body }: Reading & { actor: Actor }, id: OperationId) {
  const { owner, repo } = path;
  const repository = owner === undefined ? github.first : github.repository(`${owner}/${repo}`);
  if (!repository) throw notFound();
  const need: Need = OPERATIONS[id];
  const writes = Array.isArray(need) && need.some((own) => own.endsWith(':write'));
  if (!allows(actor, need, subjectOf(repository, path))) throw forbidden();
  if (actor.app && writes && repository !== github.first) throw forbidden(); // a workflow's token is of its own repository
  followBranches(github, repository);
  const handle = HANDLERS[id] as (call: unknown) => { status: number; data: unknown };
  return handle({ actor, github, repository, path, query, body });
}

/** Whether a call about an issue's number or a comment is about a pull request. */
function subjectOf({ comments, pullRequests, issues }: Repository, path: Record<string, unknown>): 'issue' | 'pull-request' | undefined {
  const number = path.issue_number ?? comments.get(Number(path.comment_id))?.issue;
  if (!issues.has(Number(number))) return undefined;
  return pullRequests.has(Number(number)) ? 'pull-request' : 'issue';
}

/** Those that clients act on; the limit is that of a workflow's token. */
function headersOf(github: GitHubState, { id, actor }: Reading): Record<string, string> {
  const need: Need = id ? OPERATIONS[id] : 'anybody';
  const limit = actor?.login === ACTIONS.login ? 1000 : 5000;
  return {
    'content-type': 'application/json; charset=utf-8',
    'x-github-media-type': 'github.v3; format=json',
    'x-github-request-id': `D0B1:${github.nextId.toString(16).toUpperCase()}`,
    'x-ratelimit-limit': String(limit),
    'x-ratelimit-remaining': String(limit - 1),
    'x-ratelimit-used': '1',
    'x-ratelimit-resource': 'core',
    'x-ratelimit-reset': String(Math.ceil(Date.now() / 1000) + 3600),
    ...(typeof need !== 'string' && { 'x-accepted-github-permissions': need.join('; ').replaceAll('-', '_').replaceAll(':', '=') }),
  };
}
