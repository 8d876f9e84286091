/** The action `approve` as a process: a check of the head is red until the clinical owner of every change beyond its budget has approved that head. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FORBIDDEN, on } from '../github/rules.ts';
import { PLATFORM, Place, type RunOptions } from './place.ts';

vi.setConfig({ testTimeout: 60_000 });

const NAME = 'clinical approval (north)';
const NEEDS = [{ algorithm: 'seg', owner: '@clinician', reasons: ['ct: 12 of 16384 samples changed, and the entry has no change_budget'] }];
const OF_TEAM = [{ ...NEEDS[0], owner: '@octo/clinic' }];

let place: Place;
let number: number;
beforeEach(async () => {
  place = await Place.withoutCloud(['seg']);
  place.push('change', { 'README.md': 'one' });
  number = place.github.repository.pullRequest({ head: 'change', login: 'alice' });
});
afterEach(async () => {
  expect(place.github.violations).toEqual([]);
  await place.close();
});

const RIGHTS = { checks: 'write', 'pull-requests': 'read', contents: 'read' } as const;

/** As the job of `catalog-pr` after `build` runs it, or, without needs, as a review does. */
function approve(needs: readonly object[] | 'unmeasured' | '', { inputs, ...options }: RunOptions = {}) {
  return place.run('approve', {
    event: { name: needs === '' ? 'pull_request_review' : 'pull_request', payload: place.pullRequestPayload(number) },
    token: place.github.token({ permissions: RIGHTS }),
    ...options,
    inputs: { platform: PLATFORM, 'pull-request': number, needs: typeof needs === 'string' ? needs : JSON.stringify(needs), ...inputs },
  });
}

const review = (login: string, state: Parameters<Place['github']['repository']['review']>[1]['state'] = 'APPROVED') =>
  place.github.repository.review(number, { login, state });
const checks = (ref = 'change') =>
  place.github.repository.checks(place.github.repository.commit(ref) ?? '').filter(({ name }) => name === NAME);
const missing = () => JSON.parse(checks()[0]?.text?.split('```json\n')[1]?.split('\n```')[0] ?? '').needs[0].missing;
const conclusions = (ref?: string) => checks(ref).map(({ conclusion }) => conclusion);

describe('a change beyond its budget', () => {
  it('is red until its owner approves the head, which builds nothing again; a dismissal takes it back', async () => {
    const first = await approve(NEEDS);
    expect({ code: first.code, outputs: first.outputs }, first.log).toEqual({
      code: 0,
      outputs: { approved: 'false', waiting: '["seg"]' },
    });
    expect(conclusions()).toEqual(['failure']);
    expect(checks()[0]).toMatchObject({ title: '1 of 1 algorithm waits for the clinical owner', externalId: `#${number}` });
    expect(checks()[0]?.summary).toMatch(/\*\*seg\*\* needs the approval of &#64;<!-- -->clinician: .* has not approved/); // and pings nobody
    expect(checks()[0]?.summary).toContain('- ct: 12 of 16384 samples changed');

    review('stranger');
    await approve('');
    expect(conclusions()).toEqual(['failure']);

    const id = review('clinician');
    const { outputs, summary } = await approve('');
    expect(outputs).toEqual({ approved: 'true', waiting: '[]' });
    expect(summary).toContain('### ✅ approved: 1 algorithm\n\n✅ **seg**: approved by clinician');
    expect(conclusions()).toEqual(['success']); // one check run, not another one beside it

    place.github.repository.dismiss(id);
    await approve('');
    expect(conclusions()).toEqual(['failure']);
  });

  it('of a new head is red again, though the one before was approved', async () => {
    review('clinician');
    await approve(NEEDS);
    expect(conclusions()).toEqual(['success']);
    const before = place.github.repository.commit('change') ?? '';
    place.push('change', { 'README.md': 'two' });
    expect(conclusions()).toEqual([]); // a branch that requires it waits
    expect((await approve('')).outputs).toEqual({ approved: 'false', waiting: '[]' });
    expect(conclusions()).toEqual([]); // nobody has measured it
    await approve(NEEDS);
    expect(conclusions()).toEqual(['failure']);
    expect(checks()[0]?.summary).toContain(`approved ${before.slice(0, 12)}, and not`);
  });

  it('is not approved by its author, whatever he owns', async () => {
    const own = [{ ...NEEDS[0], owner: '@alice' }];
    review('alice');
    expect((await approve(own)).outputs.approved).toBe('false');
    expect(checks()[0]?.summary).toContain('opened this pull request and cannot approve it');
  });

  it('waits for every owner', async () => {
    review('clinician');
    await approve([...NEEDS, { ...NEEDS[0], algorithm: 'other', owner: '@radiologist' }]);
    expect(conclusions()).toEqual(['failure']);
    review('radiologist');
    expect((await approve('')).outputs).toEqual({ approved: 'true', waiting: '[]' });
  });
});

describe('a team', () => {
  it('approves by an active member, whom a token has to read', async () => {
    const token = place.github.token({ login: 'reader-of-teams' });
    place.github.member('octo/clinic', 'invited', 'pending');
    place.github.member('octo/clinic', 'member');
    review('invited');
    await approve(OF_TEAM, { inputs: { 'team-token': token } });
    expect(missing()).toBe('no active member of @octo/clinic has approved');
    review('member');
    await approve('');
    expect(conclusions()).toEqual(['failure']);
    expect(missing()).toMatch(/^who is in @octo\/clinic cannot be read: give the step the input team-token/);
    expect((await approve('', { inputs: { 'team-token': token } })).outputs.approved).toBe('true');
  });

  it('that the token may not read is said, and the check is red', async () => {
    review('member');
    const { code, log } = await approve(OF_TEAM, { inputs: { 'team-token': place.github.token({ permissions: { contents: 'read' } }) } });
    expect(code, log).toBe(0);
    expect(missing()).toMatch(/^the input team-token may not read who is in @octo\/clinic/);
  });
});

describe('what was measured', () => {
  it('and needs nothing, is green at once; what was not, is red whoever approves', async () => {
    expect((await approve([])).outputs).toEqual({ approved: 'true', waiting: '[]' });
    expect(checks()).toMatchObject([{ conclusion: 'success', title: 'nothing needs the approval of a clinical owner' }]);
    review('clinician');
    expect((await approve('unmeasured')).outputs.approved).toBe('false');
    expect((await approve('')).outputs.approved).toBe('false');
    expect(checks()).toMatchObject([{ conclusion: 'failure', title: expect.stringContaining('the job build did not succeed') }]);
  });

  it('is read only where a workflow wrote it, and of this pull request', async () => {
    const forged = { name: NAME, head_sha: place.github.repository.commit('change'), conclusion: 'success' };
    await approve(NEEDS);
    const text = checks()[0]?.text?.replace(/"needs": \[[\s\S]*\]/, '"needs": []');
    const call = (body: object) =>
      fetch(`${place.github.url}/repos/octo/catalog/check-runs`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${place.github.token({ login: 'mallory[bot]' })}`,
          'user-agent': 'mallory',
          'content-type': 'application/json',
        },
        body: JSON.stringify(body),
      });
    expect((await call({ ...forged, output: { title: 't', summary: 's', text } })).status).toBe(201);
    expect((await approve('')).outputs.approved).toBe('false');

    place.push('elsewhere', { 'README.md': 'zero' });
    const second = place.github.repository.pullRequest({ head: 'change', base: 'elsewhere', login: 'mallory' });
    place.github.repository.review(second, { login: 'clinician', state: 'APPROVED' });
    expect((await approve('', { inputs: { 'pull-request': second } })).outputs.approved).toBe('false');
    expect(checks().map(({ app, conclusion }) => [app, conclusion])).toEqual([
      ['github-actions', 'failure'],
      ['mallory', 'success'], // which a branch that expects the check from GitHub Actions does not take
    ]);
  });

  it('belongs to the head that was measured, also when the branch has moved on meanwhile', async () => {
    const event = { name: 'pull_request', payload: place.pullRequestPayload(number) };
    const before = place.github.repository.commit('change') ?? '';
    place.push('change', { 'README.md': 'two' });
    await approve([], { event });
    expect([conclusions(before), conclusions()]).toEqual([['success'], []]);
  });
});

describe('a fork', () => {
  /** @returns the number of its pull request. */
  const propose = (files: Readonly<Record<string, string>>) => {
    const fork = place.github.fork('mallory/catalog');
    fork.push('theirs', files, { login: 'mallory' });
    return place.github.repository.pullRequest({ head: 'theirs', fork, login: 'mallory' });
  };
  const dispatch = (pull: number) =>
    place.run('approve', { event: { name: 'workflow_dispatch', payload: {} }, inputs: { platform: PLATFORM, 'pull-request': pull } });
  const seen = (pull: number) =>
    place.github.repository.checks(place.github.repository.pullRequests.find((one) => one.number === pull)?.head.sha ?? '');

  it('that touches nothing that is measured is let through when somebody dispatches', async () => {
    const pull = propose({ 'README.md': 'Better words.' });
    expect((await dispatch(pull)).outputs.approved).toBe('true');
    expect(seen(pull)).toMatchObject([{ name: NAME, conclusion: 'success' }]);
  });

  it.each(['catalog/algorithms/seg.yaml', 'algorithms/sdk/x.py', '.github/workflows/catalog-pr.yml'])(
    'that touches %s is not',
    async (file) => {
      const pull = propose({ [file]: 'x' });
      const { outputs, summary } = await dispatch(pull);
      expect(outputs.approved).toBe('false');
      expect(summary).toContain('push its commits to a branch of this repository');
      expect(seen(pull)).toEqual([]);
    },
  );
});

describe('at the same time', () => {
  it('a dismissal that comes while the verdict is written is seen', async () => {
    const id = review('clinician');
    place.github.restart(({ operation, nth }) => {
      if (operation !== 'checks/update' || nth !== 1) return undefined;
      return { do: 'hold', when: 'before', until: async () => place.github.repository.dismiss(id) }; // it was listed as approved
    });
    expect((await approve(NEEDS)).outputs.approved).toBe('false');
    expect(conclusions()).toEqual(['failure']);
  });

  it('an approval that comes before what was measured is on record is found by the run that records it', async () => {
    place.github.restart(({ operation, nth }) => {
      if (operation !== 'checks/create' || nth !== 1) return undefined;
      return {
        do: 'hold',
        when: 'before',
        until: async () => {
          review('clinician');
        },
      };
    });
    expect((await approve(NEEDS)).outputs.approved).toBe('true');
  });
});

it('a token that may too little says what to add, and nothing turns green', async () => {
  const token = place.github.token({ permissions: { 'pull-requests': 'read' } });
  const { code, annotations } = await approve([], { token });
  expect(code).toBe(1);
  expect(annotations[0]?.message).toContain('the token may not do that; add it to `permissions` of the job');
  expect(conclusions()).toEqual([]);
});

it('reviews that cannot be read leave nothing green that is not approved', async () => {
  place.github.restart(on('pulls/list-reviews', FORBIDDEN));
  const { code } = await approve(NEEDS);
  expect(code).toBe(1);
  expect(conclusions()).toEqual(['failure']);
});
