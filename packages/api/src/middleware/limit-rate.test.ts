import { ProvisionedThroughputExceededException } from '@aws-sdk/client-dynamodb';
import type { ClientLimits } from '@mip/registry';
import { beforeEach, describe, expect, it } from 'vitest';
import { get, JOB, KEY, OTHER_KEY, post, REQUEST, type Setup, setUp } from '../testing/requests.ts';

let { app, memory }: Setup = setUp();
beforeEach(() => {
  ({ app, memory } = setUp());
});

const submit = (job: number | string, key = KEY) => post(app, { ...REQUEST, job_id: `job-${job}` }, { headers: { 'x-api-key': key } });
const at = (text: string) => {
  memory.time = new Date(`2024-01-31T${text}Z`);
};

describe('the rate of a client', () => {
  beforeEach(() => {
    memory.limits = { perMinute: 2, openJobs: 0 };
    at('10:00:15.900');
  });

  it('is 429 beyond it until the minute is over, and says when that is', async () => {
    expect([(await submit(1)).statusCode, (await submit(2)).statusCode]).toEqual([202, 202]);
    const answer = await submit(3);
    expect([answer.statusCode, answer.headers['retry-after']]).toEqual([429, '45']);
    expect(answer.json().detail).toBe('You have sent 2 requests in this minute, as many as you may. Go on in 45 s.');
    expect(memory.jobCount).toBe(2);
    at('10:01:00.000');
    expect((await submit(3)).statusCode).toBe(202);
  });

  it('is told with every answer', async () => {
    const answers = [await submit(1), await submit(2), await submit(3)];
    expect(answers.map(({ headers }) => headers.ratelimit)).toEqual(['"requests";r=1;t=45', '"requests";r=0;t=45', '"requests";r=0;t=45']);
    expect(new Set(answers.map(({ headers }) => headers['ratelimit-policy']))).toEqual(new Set(['"requests";q=2;w=60']));
  });

  it('is its own: another goes on', async () => {
    for (const job of [1, 2, 3]) await submit(job);
    expect((await submit(1, OTHER_KEY)).statusCode).toBe(202);
  });

  it('is refused before the body is looked at, and counts what is wrong', async () => {
    expect([(await post(app, '{')).statusCode, (await post(app, '{')).statusCode, (await post(app, '{')).statusCode]).toEqual([
      400, 400, 429,
    ]);
    expect(memory.calls.filter((call) => call !== 'clients.find')).toEqual(['rates.take', 'rates.take', 'rates.take']);
  });

  it('is not counted for whoever has no key', async () => {
    await post(app, REQUEST, { headers: { 'x-api-key': 'no' } });
    expect(memory.calls).not.toContain('rates.take');
  });

  it.each<[string, ClientLimits, number]>([
    ['more', { per_minute: 3 }, 429],
    ['no limit', { per_minute: 0 }, 202],
    ["the platform's, where only the other is said", { concurrent: 9 }, 429],
  ])('may be %s', async (_what, limits, last) => {
    memory.addClient(KEY, 'clinic-a', { limits });
    for (let job = 1; job <= (limits.per_minute ?? 2); job += 1) expect((await submit(job)).statusCode).toBe(202);
    expect((await submit('last')).statusCode).toBe(last);
  });

  it('of reading is ten times that, in this process, and writes nothing', async () => {
    const read = () => get(app, '/jobs/job-1');
    for (let count = 0; count < 20; count += 1) expect((await read()).statusCode).toBe(404);
    const answer = await read();
    expect([answer.statusCode, answer.headers['retry-after']]).toEqual([429, '45']);
    expect((await get(app, '/jobs/job-1', OTHER_KEY)).statusCode).toBe(404);
    at('10:01:00.000');
    expect((await read()).statusCode).toBe(404);
    expect(memory.calls).not.toContain('rates.take');
  });

  it('that cannot be counted is 503', async () => {
    const throttled = new ProvisionedThroughputExceededException({ $metadata: {}, message: 'm' });
    memory.fail = (call) => (call === 'rates.take' ? throttled : undefined);
    expect((await submit(1)).statusCode).toBe(503);
  });
});

describe('the open jobs of a client', () => {
  beforeEach(() => {
    memory.limits = { perMinute: 0, openJobs: 2 };
  });

  it('are no more than so many, until one has ended', async () => {
    expect([(await submit(1)).statusCode, (await submit(2)).statusCode]).toEqual([202, 202]);
    const answer = await submit(3);
    expect([answer.statusCode, Number(answer.headers['retry-after']) > 0]).toEqual([429, true]);
    expect(answer.json().detail).toContain('one of them has ended');
    await app.inject({ method: 'DELETE', url: '/jobs/job-1', headers: { 'x-api-key': KEY } });
    expect((await submit(3)).statusCode).toBe(202);
  });

  it('do not stand in the way of another client', async () => {
    for (const job of [1, 2]) await submit(job);
    expect((await submit(1, OTHER_KEY)).statusCode).toBe(202);
  });

  it('never refuse the repeat of one that is known', async () => {
    const first = await submit(1);
    await submit(2);
    const again = await submit(1);
    expect([again.statusCode, again.json()]).toEqual([202, first.json()]);
    memory.change(JOB, { state: 'succeeded' });
    expect((await submit(1)).statusCode).toBe(200);
  });

  it('nor complete less: a repeat is put on its queue that had not got there', async () => {
    memory.fail = (call) => (call === 'requests.send' ? new Error('gone') : undefined);
    await submit(1);
    memory.fail = () => undefined;
    await submit(2);
    expect((await submit(1)).json().state).toBe('queued');
    expect([...memory.queues.values()].flat().map(({ job_id }) => job_id)).toEqual(['job-2', 'job-1']);
  });

  it('refuse another body under a known id as any other', async () => {
    for (const job of [1, 2]) await submit(job);
    expect((await post(app, { ...REQUEST, parameters: { center: 1, width: 1 } })).statusCode).toBe(429);
  });

  it('hide no fault of the body', async () => {
    for (const job of [1, 2]) await submit(job);
    expect((await post(app, { ...REQUEST, job_id: 'job-3', parameters: { centre: 1 } })).statusCode).toBe(422);
  });

  it.each([
    [{ concurrent: 3 }, 429],
    [{ concurrent: 0 }, 202],
  ])('of one may be others: %j', async (limits, last) => {
    memory.addClient(KEY, 'clinic-a', { limits });
    for (const job of [1, 2, 3]) expect((await submit(job)).statusCode).toBe(202);
    expect((await submit(4)).statusCode).toBe(last);
  });
});

it('costs no call where no limit is set', async () => {
  await submit(1);
  expect(memory.calls).toEqual([
    'clients.find',
    'images.look',
    'registry.get',
    'jobs.accept',
    'requests.send',
    'jobs.markQueued',
    'events.send',
  ]);
});
