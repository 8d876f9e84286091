/** The store on GitHub, and the routes over it, against the double: every request and answer is held against GitHub's description. */
import { execFileSync } from 'node:child_process';
import { judgeEntry } from '@mip/catalog/judge-change';
import { StoreConflict, StoreUnavailable } from '@mip/catalog/store';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { FULL } from '../../../../tests/full.ts';
import { GitHubDouble } from '../../../../tests/github/double.ts';
import { BAD_GATEWAY, on } from '../../../../tests/github/rules.ts';
import { ADMIN_ROUTES } from '../routes/admin.ts';
import { serve } from '../server.ts';
import { Memory } from '../testing/memory.ts';
import { PLATFORM, SEG } from '../testing/memory-catalog.ts';
import { ADMIN_KEY } from '../testing/requests.ts';
import { GitHubStore } from './github-store.ts';

const FILE = 'catalog/algorithms/seg.yaml';
const ENTRY = { ...(parse(SEG) as object), name: 'new' };
const RIGHTS = { contents: 'write', 'pull-requests': 'write' } as const;

let github: GitHubDouble;
let secret: string;
const store = (own: object = {}) =>
  new GitHubStore({
    repository: { owner: 'octo', repo: 'catalog' },
    branch: 'main',
    apiUrl: github.url,
    secret: async () => secret,
    ...own,
  });

beforeAll(async () => {
  github = await GitHubDouble.open();
});
let start: string;
beforeEach(async () => {
  github.restart();
  secret = JSON.stringify({ token: github.token({ login: 'mip-clinic[bot]', permissions: RIGHTS }) });
  if (contract) {
    if (github.repository.commit('main') !== start) start = github.repository.push('main', { ...FILES, ...GONE });
    return;
  }
  github.repository.push('main', FILES);
  contract = (await judgeEntry(await store().open(), { name: 'seg', text: SEG })).contract?.text ?? '';
  FILES['catalog/releases/seg/1.2.0.yaml'] = contract;
  start = github.repository.push('main', FILES);
  github.restart();
});
let contract = '';
const FILES: Record<string, string> = { 'catalog/platforms/clinic.yaml': PLATFORM, [FILE]: SEG };
const GONE = { 'catalog/algorithms/new.yaml': null, 'catalog/releases/new/1.2.0.yaml': null };
afterEach(() => {
  expect(github.violations.splice(0)).toEqual([]);
  for (const { number, state } of github.repository.pullRequests) if (state === 'open') github.repository.close(number);
  for (const branch of github.repository.branches) if (branch !== 'main') github.repository.deleteBranch(branch);
});
afterAll(() => github.close());

async function send(method: 'POST' | 'PATCH' | 'DELETE', url: string, body?: object) {
  const memory = new Memory();
  memory.admins = [ADMIN_KEY];
  const ports = Object.assign(Object.create(memory), { catalog: store() }) as Memory;
  const app = serve(ports, ADMIN_ROUTES, { maxRequestBytes: 100_000, log: { write: () => undefined } });
  const answer = await app.inject({ method, url, headers: { 'x-admin-key': ADMIN_KEY }, ...(body && { payload: body }) });
  return { status: answer.statusCode, headers: answer.headers, body: answer.json() };
}
const open = () => github.repository.pullRequests.filter(({ state }) => state === 'open');
const branches = () => github.repository.branches.filter((branch) => branch !== 'main');

describe('a registration on GitHub', () => {
  it('is a branch with one commit on top of main, and a pull request', async () => {
    const main = github.repository.commit('main') ?? '';
    const { status, headers, body } = await send('POST', '/algorithms', ENTRY);
    const [pull] = open();
    expect([status, body.state, body.href]).toEqual([202, 'proposed', `https://github.com/octo/catalog/pull/${pull?.number}`]);
    expect(headers.location).toBe(body.href);
    expect(pull).toMatchObject({
      title: 'Register new 1.2.0',
      login: 'mip-clinic[bot]',
      base: { ref: 'main' },
      head: { ref: branches()[0] },
    });
    const head = pull?.head.sha ?? '';
    const git = ['-C', github.repository.directory, 'rev-parse', `${head}^@`];
    expect(execFileSync('git', git, { encoding: 'utf8' }).trim()).toBe(main);
    expect(parse(github.repository.file(head, 'catalog/algorithms/new.yaml') ?? '')).toEqual(ENTRY);
    expect(github.repository.file(head, 'catalog/releases/new/1.2.0.yaml')).toContain('"version": "1.2.0"');
    expect(github.repository.file(head, FILE)).toBe(SEG);
    expect(github.repository.commit('main')).toBe(main);
  });

  it('sent again is the same pull request, and sent twice at once, too', async () => {
    const first = await send('POST', '/algorithms', ENTRY);
    expect((await send('POST', '/algorithms', ENTRY)).body.href).toBe(first.body.href);
    const more = await Promise.all([1, 2].map(() => send('POST', '/algorithms', { ...ENTRY, name: 'more' })));
    expect(new Set(more.map(({ status, body }) => `${status} ${body.href}`)).size).toBe(1);
    expect(open().map(({ title }) => title)).toEqual(['Register new 1.2.0', 'Register more 1.2.0']);
  });

  it('of what was merged is 409, of what was closed a new pull request', async () => {
    const first = await send('POST', '/algorithms', ENTRY);
    github.repository.close(open()[0]?.number ?? 0);
    const second = await send('POST', '/algorithms', ENTRY);
    expect(second.body.href).not.toBe(first.body.href);
    github.repository.merge(open()[0]?.number ?? 0);
    expect((await send('POST', '/algorithms', ENTRY)).status).toBe(409);
  });
});

describe('a change on GitHub', () => {
  it('keeps comments and order, and is the same pull request when it is repeated', async () => {
    const first = await send('PATCH', '/algorithms/seg', { cpu: 2048, memory: 4096 });
    expect([first.status, (await send('PATCH', '/algorithms/seg', { memory: 4096, cpu: 2048 })).body.href]).toEqual([202, first.body.href]);
    const expected = SEG.replace('cpu: 1024', 'cpu: 2048').replace('memory: 2048', 'memory: 4096');
    expect(github.repository.file(open()[0]?.head.sha ?? '', FILE)).toBe(expected);
    expect((await send('PATCH', '/algorithms/seg', { cpu: 1024 })).status).toBe(200);
    expect((await send('PATCH', '/algorithms/seg', { parameters: { width: null } })).body.errors[0].detail).toContain('2.0.0 or later');
  });

  it('that removes the entry leaves the contract', async () => {
    expect((await send('DELETE', '/algorithms/seg')).status).toBe(202);
    const head = open()[0]?.head.sha ?? '';
    expect([github.repository.file(head, FILE), github.repository.file(head, 'catalog/releases/seg/1.2.0.yaml')]).toEqual([
      undefined,
      contract,
    ]);
    expect((await send('DELETE', '/algorithms/none')).status).toBe(404);
  });

  it('of a catalog in a folder of its repository is made there', async () => {
    github.repository.push('main', { [`mip/${FILE}`]: SEG });
    const own = store({ path: 'mip' });
    const snapshot = await own.open();
    expect((await snapshot.read(FILE))?.text).toBe(SEG);
    await own.propose(snapshot, { name: 'seg', files: [{ path: FILE, text: 'x\n', was: undefined }], title: 'Change seg', body: '' });
    expect(github.repository.file(open()[0]?.head.sha ?? '', `mip/${FILE}`)).toBe('x\n');
  });
});

describe('what goes wrong on GitHub', () => {
  const after = { do: 'cut', when: 'after' } as const;
  it.each([
    ['git/create-ref', after],
    ['pulls/create', after],
    ...(FULL
      ? ([
          ['git/create-tree', BAD_GATEWAY],
          ['git/create-commit', after],
          ['pulls/create', BAD_GATEWAY],
        ] as const)
      : []),
  ] as const)('at %s is 503, whether it took effect or not, and repeated it is one pull request', async (operation, fault) => {
    github.restart(on(operation, fault, 1));
    const { status, headers } = await send('PATCH', '/algorithms/seg', { timeout: 7 });
    expect([status, headers['retry-after']]).toEqual([503, '5']);
    expect((await send('PATCH', '/algorithms/seg', { timeout: 7 })).status).toBe(202);
    expect([open().length, branches().length]).toEqual([1, 1]);
  });

  it('such as a branch that somebody committed to is a conflict', async () => {
    const change = { name: 'seg', files: [{ path: FILE, text: 'x\n', was: 'y' }], title: 'Change seg', body: '' };
    const own = store();
    await own.propose(await own.open(), change);
    github.repository.push(branches()[0] ?? '', { [FILE]: 'theirs\n' });
    github.repository.close(open()[0]?.number ?? 0);
    await expect(own.propose(await own.open(), change)).rejects.toThrow(StoreConflict);
    expect(github.repository.file(branches()[0] ?? '', FILE)).toBe('theirs\n');
  });

  it.each<[string, () => string, RegExp]>([
    ['the placeholder', () => '{"replace_me":"abc"}', /holds neither token nor app_id/],
    ['no JSON', () => 'hunter2', /holds neither token nor app_id/],
    ['a token that does not hold', () => '{"token":"ghp_secret"}', /does not let this platform in/],
    [
      'a token without rights',
      () => JSON.stringify({ token: github.token({ login: 'x[bot]', permissions: {} }) }),
      /does not let this platform in/,
    ],
  ])('such as a secret that is %s is 503 with what to do, and tells nothing of it', async (_, text, words) => {
    secret = text();
    const { status, body } = await send('PATCH', '/algorithms/seg', { timeout: 7 });
    expect([status, body.detail]).toEqual([503, expect.stringMatching(words)]);
    expect(JSON.stringify(body)).not.toMatch(/hunter2|ghp_secret|ghs_double/);
  });

  it('such as a repository or a branch that is not there is 503', async () => {
    for (const own of [{ repository: { owner: 'octo', repo: 'none' } }, { branch: 'none' }])
      await expect(store(own).open()).rejects.toThrow(StoreUnavailable);
  });
});

describe('an app of GitHub', () => {
  it.each([
    ['found by its repository', false],
    ['named', true],
  ])('whose installation is %s proposes as itself', async (_, named) => {
    const app = github.app(`mip-${named ? 'a' : 'b'}`);
    secret = JSON.stringify({ app_id: app.id, private_key: app.privateKey, ...(named && { installation_id: app.installation }) });
    expect((await send('PATCH', '/algorithms/seg', { timeout: 9 })).status).toBe(202);
    expect(open()[0]?.login).toBe(`${app.slug}[bot]`);
    expect(github.counts['apps/get-repo-installation'] ?? 0).toBe(named ? 0 : 1);
  });

  it('with another’s key is not let in', async () => {
    const [own, other] = [github.app('own'), github.app('other')];
    secret = JSON.stringify({ app_id: own.id, private_key: other.privateKey });
    expect((await send('PATCH', '/algorithms/seg', { timeout: 9 })).status).toBe(503);
  });
});

describe('reading', () => {
  it('of what did not change asks GitHub for nothing but where the branch is', async () => {
    const own = store();
    await (await own.open()).read(FILE);
    github.restart();
    expect((await (await own.open()).read(FILE))?.text).toBe(SEG);
    expect(github.counts).toEqual({ 'git/get-ref': 1 });
  });
});
