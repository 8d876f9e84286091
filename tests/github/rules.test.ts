/** Faults by rule: what a client sees, and whether the call had its effect. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Client, client, refused } from './client.ts';
import { GitHubDouble } from './double.ts';
import { BAD_GATEWAY, everyNth, exhausted, FORBIDDEN, NOT_FOUND, on, tooMany } from './rules.ts';

const at = { owner: 'octo', repo: 'catalog' };
let github: GitHubDouble;
let rest: Client['rest'];

beforeAll(async () => {
  github = await GitHubDouble.open();
  rest = client(github).rest;
});
beforeEach(() => github.restart());
afterAll(() => github.close());

describe('a fault', () => {
  const label = () => rest.issues.createLabel({ ...at, name: `label-${github.repository.labels.length}` });
  const labels = () => github.repository.labels.length;
  afterEach(() => expect(github.violations.splice(0)).toEqual([]));

  it.each([
    ['403', FORBIDDEN, 403, {}],
    ['404', NOT_FOUND, 404, {}],
    ['429 with a time to wait', tooMany(3), 429, { 'retry-after': '3' }],
    ['an hour that is used up', exhausted(1_900_000_000), 403, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1900000000' }],
    ['502 in HTML', BAD_GATEWAY, 502, { 'content-type': 'text/html' }],
  ])('answers %s, and nothing happens', async (_, fault, status, headers) => {
    const before = labels();
    github.restart(on('issues/create-label', fault));
    expect(await refused(label())).toMatchObject({ status, response: { headers } });
    expect(labels()).toBe(before);
    expect(github.requests).toMatchObject([{ operation: 'issues/create-label', status }]);
  });

  it('cuts the connection before the effect', async () => {
    const before = labels();
    github.restart(on('issues/create-label', { do: 'cut', when: 'before' }));
    expect(await refused(label())).toMatchObject({ status: 500 }); // octokit's own, when there was no answer
    expect(labels()).toBe(before);
    expect(github.requests[0]?.status).toBeUndefined();
  });

  it('cuts the connection after the effect', async () => {
    const before = labels();
    github.restart(on('issues/create-label', { do: 'cut', when: 'after' }));
    await refused(label());
    expect(labels()).toBe(before + 1);
  });

  it.each(['before', 'after'] as const)('holds a call %s its effect, until it is let go', async (when) => {
    const before = labels();
    const [reached, release] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const until = () => {
      reached.resolve();
      return release.promise;
    };
    github.restart(on('issues/create-label', { do: 'hold', when, until }));
    const held = label();
    await reached.promise;
    expect(labels()).toBe(before + (when === 'after' ? 1 : 0));
    release.resolve();
    expect((await held).status).toBe(201);
  });

  it('comes only to the calls that are counted', async () => {
    github.restart(on('issues/create-label', BAD_GATEWAY, 2));
    expect((await label()).status).toBe(201);
    expect((await rest.repos.get(at)).status).toBe(200);
    expect((await refused(label())).status).toBe(502);
    expect((await label()).status).toBe(201);
    expect(github.counts).toEqual({ 'issues/create-label': 3, 'repos/get': 1 });
  });

  it('comes to every n-th call of all', async () => {
    github.restart(everyNth(2, NOT_FOUND));
    const answers = [];
    for (let call = 1; call <= 4; call++)
      answers.push(
        await rest.repos.get(at).then(
          ({ status }) => status,
          ({ status }) => status,
        ),
      );
    expect(answers).toEqual([200, 404, 200, 404]);
  });
});
