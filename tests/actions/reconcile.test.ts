/** The action `reconcile` as a process: what was merged is applied, as far as somebody saw what it destroys. */
import { CreateQueueCommand, ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { beforeEach, describe, expect, it } from 'vitest';
import type { TestEmulator } from '../emulator.ts';
import { FULL } from '../full.ts';
import { entryFile, entryFiles, entryPath, type Files } from './catalog.ts';
import { placeForEachTest } from './each-test.ts';
import type { Place } from './place.ts';

let emulator: TestEmulator;
let place: Place;
placeForEachTest(['seg', 'other', 'third'], (opened, its) => {
  place = opened;
  emulator = its;
});

const bigger: Files = { [entryPath('seg')]: entryFile('seg', { cpu: '2048', memory: '4096' }) };
const withoutThird: Files = { [entryPath('third')]: null };

/** A pull request that was planned, unless told otherwise, and merged. @returns its number. */
async function merged(branch: string, files: Files, { planned = true } = {}): Promise<number> {
  const number = place.propose(branch, files);
  if (planned) expect((await place.plan(number)).code).toBe(0);
  place.github.repository.merge(number, { method: 'squash' });
  return number;
}

const states = () => place.github.repository.deployments('north').map(({ statuses }) => statuses.at(-1)?.state);
const comments = (number: number) => place.github.repository.comments(number).map(({ body }) => body);
async function queues(): Promise<readonly string[]> {
  const { QueueUrls = [] } = await new SQSClient(emulator.connection).send(new ListQueuesCommand({ QueueNamePrefix: `${place.prefix}-` }));
  return QueueUrls.map((url) => url.split('/').at(-1) ?? '').sort();
}

describe('a merge', () => {
  it('is applied, recorded as a deployment, and told on its pull request', async () => {
    const number = await merged('change', bigger);
    const { code, outputs, summary, log } = await place.reconcile();
    expect({ code, outputs }).toMatchObject({ code: 0, outputs: { ok: 'true' } });
    expect(Number(outputs.changes)).toBeGreaterThan(10);
    expect(states()).toEqual(['success']);
    expect(summary).toContain('### north in eu-central-1: applied');
    expect(summary).toContain('Logs of the workers in eu-central-1: [other](https://eu-central-1.console.aws.amazon.com/cloudwatch/');
    expect(comments(number)).toEqual([expect.stringMatching(/mip:section:plan[\s\S]*mip:section:result[\s\S]*: applied/)]);
    expect(await queues()).toContain(`${place.prefix}-seg-requests.fifo`);
    expect(log).toMatch(/north in eu-central-1: \d+ done; \d+ AWS calls/);
    const again = await place.reconcile();
    expect(again.outputs).toMatchObject({ ok: 'true', changes: '0' });
  });

  it('after several others tells each of them, and none is lost', async () => {
    await place.reconcile();
    const first = await merged('first', bigger);
    const second = await merged('second', { ...entryFiles('fourth') });
    expect((await place.reconcile()).code).toBe(0);
    for (const number of [first, second]) expect(comments(number).join()).toContain('mip:section:result');
    expect(await queues()).toContain(`${place.prefix}-fourth-requests.fifo`);
  });
});

describe('what destroys something', () => {
  beforeEach(async () => {
    expect((await place.reconcile()).code).toBe(0);
  });

  it('is applied when the pull request showed it', async () => {
    await merged('change', withoutThird);
    const { code, outputs } = await place.reconcile();
    expect({ code, ok: outputs.ok }).toEqual({ code: 0, ok: 'true' });
    expect(states().at(-1)).toBe('pending'); // what was withdrawn has to drain first
  });

  it('is stopped when no pull request showed it, and nothing is written', async () => {
    place.push('main', withoutThird, 'Straight to main');
    const before = await queues();
    const { code, log, summary } = await place.reconcile();
    expect(code).toBe(1);
    expect(log).toMatch(/This would destroy what nobody approved: delete .*registry-entry third/);
    expect(log).toContain('No pull request merged since the last complete apply shows it.');
    expect(summary).toContain('dispatch the workflow with allow');
    expect(states().at(-1)).toBe('failure');
    expect(await queues()).toEqual(before);
    expect((await place.reconcile({ inputs: { allow: 'unapproved' } })).code).toBe(0);
  });

  it('is stopped when the pull request was merged without a plan', async () => {
    const number = await merged('change', withoutThird, { planned: false });
    const { code, log } = await place.reconcile();
    expect(code).toBe(1);
    expect(log).toContain(`The pull requests #${number} merged since the last complete apply do not show it.`);
    expect(comments(number).join()).toContain('### ❌ Nothing was applied');
  });

  it('is stopped when the pull request also changes what runs in workflows: it could have written its own record', async () => {
    await merged('change', { ...withoutThird, '.github/workflows/catalog-pr.yml': 'on: push\n' });
    expect((await place.reconcile()).code).toBe(1);
  });

  if (FULL)
    it('is stopped when that is the last of 301 files that it changes', async () => {
      const many = Object.fromEntries(Array.from({ length: 300 }, (_, at) => [`a/${at}.txt`, 'x']));
      await merged('change', { ...withoutThird, ...many, 'actions/plan/dist/index.js': 'approve()' });
      expect((await place.reconcile()).code).toBe(1);
    });

  it('is stopped when another app made the check run', async () => {
    const number = place.propose('change', withoutThird);
    const token = place.github.token({ login: 'some-other-app[bot]' });
    expect((await place.plan(number, { token })).code).toBe(0);
    place.github.repository.merge(number);
    expect((await place.reconcile()).code).toBe(1);
  });

  if (FULL)
    it('goes on being approved until all of it is gone, also when others are merged meanwhile', async () => {
      await merged('change', withoutThird);
      expect((await place.reconcile()).code).toBe(0);
      await merged('next', bigger);
      expect((await place.reconcile()).code).toBe(0);
      expect(states().slice(-2)).toEqual(['pending', 'pending']);
    });

  it('beyond the safety thresholds is refused although it was approved, unless that is allowed', async () => {
    await merged('change', {
      [entryPath('seg')]: null,
      [entryPath('other')]: null,
      [entryPath('third')]: null,
      ...entryFiles('new'),
    });
    const { code, log } = await place.reconcile();
    expect(code).toBe(1);
    expect(log).toContain('3 of 3 algorithms would be deleted');
    expect((await place.reconcile({ inputs: { allow: 'deletes' } })).code).toBe(0);
  });
});

describe('an older commit', () => {
  it('is not applied over a newer one', async () => {
    const old = place.github.repository.commit('main') ?? '';
    place.push('main', bigger, 'Newer');
    await place.reconcile();
    const { code, log } = await place.reconcile({ ref: old });
    expect(code).toBe(1);
    expect(log).toMatch(/is older than [0-9a-f]{12}, which was applied already; to go back, revert it in Git/);
    expect(states()).toEqual(['success']);
  });
});

describe('what fails', () => {
  it('for one algorithm leaves the others, is red, and is finished by the next run', async () => {
    const url = `${place.prefix}-seg-requests.fifo`;
    await new SQSClient(emulator.connection).send(new CreateQueueCommand({ QueueName: url, Attributes: { FifoQueue: 'true' } }));
    const { code, log, outputs, summary } = await place.reconcile();
    expect({ code, ok: outputs.ok }).toEqual({ code: 1, ok: 'false' });
    expect(log).toContain('belongs to nobody that tagged it');
    expect(summary).toContain('not all of it was applied');
    expect(states()).toEqual(['failure']);
    expect(await queues()).toContain(`${place.prefix}-other-requests.fifo`);
  });

  it('on GitHub’s side after the apply does not undo it: the next run tells', async () => {
    const number = await merged('change', bigger);
    place.github.restart(({ operation }) =>
      operation === 'issues/update-comment' ? { do: 'refuse', status: 403, body: { message: 'no' } } : undefined,
    );
    const { code, log } = await place.reconcile();
    expect(code).toBe(0);
    expect(log).toContain(`pull request ${number} could not be told`);
  });

  it('before the apply, for want of rights, writes nothing to AWS', async () => {
    const token = place.github.token({ permissions: { deployments: 'none' } });
    const { code, log } = await place.reconcile({ token });
    expect(code).toBe(1);
    expect(log).toMatch(/deployments: the token may not do that; add it to `permissions` of the job/);
    expect(await queues()).toEqual([]);
  });

  it('by being killed in the middle is finished by the next run', async () => {
    const running = place.start('reconcile', { inputs: { platform: 'north' } });
    for (let tries = 0; (await queues()).length < 2 && tries < 600; tries += 1) await new Promise((resolve) => setTimeout(resolve, 20));
    running.kill('SIGKILL');
    expect((await running.done).code).toBe(null);
    expect(states()).toEqual(['in_progress']);
    await place.endLease(); // its minute passes
    const { code } = await place.reconcile();
    expect(code).toBe(0);
    expect(states()).toEqual(['in_progress', 'success']);
    expect(await queues()).toHaveLength(6);
  });

  it.each([
    ['allow', 'everything', /the input allow does not take everything; it takes deletes, updates, unapproved/],
    ['platform', 'south', /there is no platform south/],
  ])('for a wrong %s says what is right', async (input, value, words) => {
    const { code, log } = await place.reconcile({ inputs: { [input]: value } });
    expect(code).toBe(1);
    expect(log).toMatch(words);
  });
});

describe('a change of results that its clinical owner has not approved', () => {
  const NEEDS = JSON.stringify([{ algorithm: 'seg', owner: '@clinician', reasons: ['ct: Dice is 0.9'] }]);
  const approve = (number: number, needs: string) =>
    place.run('approve', {
      event: { name: 'pull_request', payload: place.pullRequestPayload(number) },
      inputs: { platform: 'north', 'pull-request': number, needs },
    });

  it('waits, and leaves the other algorithms; an approval of the head that was merged lets it go on', { timeout: 90_000 }, async () => {
    const number = place.propose('change', { ...bigger, ...entryFiles('fourth') });
    expect((await approve(number, NEEDS)).outputs.approved).toBe('false');
    const event = { name: 'pull_request', payload: place.pullRequestPayload(number) };
    place.github.repository.merge(number, { method: 'squash' }); // by somebody whom the branch lets pass
    const held = await place.reconcile();
    expect({ code: held.code, ok: held.outputs.ok }, held.log).toEqual({ code: 0, ok: 'true' });
    expect(states()).toEqual(['pending']);
    expect(await queues()).toContain(`${place.prefix}-fourth-requests.fifo`);
    expect(await queues()).not.toContain(`${place.prefix}-seg-requests.fifo`);
    expect(held.summary).toMatch(/\*\*seg\*\* waits for .*clinician, who has not approved #\d+/);
    expect(comments(number).join()).toContain('### Not rolled out: the clinical owner has not approved');

    place.github.repository.review(number, { login: 'clinician', state: 'APPROVED' });
    const inputs = { platform: 'north', 'pull-request': number, needs: '' };
    expect((await place.run('approve', { event, inputs })).outputs.approved).toBe('true');
    expect((await place.reconcile()).code).toBe(0);
    expect(states()).toEqual(['pending', 'success']);
    expect(await queues()).toContain(`${place.prefix}-seg-requests.fifo`);
  });

  it('is let through by name, for one run', { timeout: 90_000 }, async () => {
    const number = place.propose('change', bigger);
    await approve(number, NEEDS);
    place.github.repository.merge(number, { method: 'squash' });
    expect((await place.reconcile({ inputs: { allow: 'unapproved' } })).code).toBe(0);
    expect(states()).toEqual(['success']);
    expect(await queues()).toContain(`${place.prefix}-seg-requests.fifo`);
  });
});
