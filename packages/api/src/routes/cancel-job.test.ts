import { JOB_STATES } from '@mip/registry';
import { beforeEach, describe, expect, it } from 'vitest';
import { get, JOB, KEY, OTHER_KEY, post, REQUEST, type Setup, setUp } from '../testing/requests.ts';

let { app, memory }: Setup = setUp();
beforeEach(async () => {
  ({ app, memory } = setUp());
  await post(app, REQUEST);
});

const cancel = (url = '/jobs/job-1', key = KEY) => app.inject({ method: 'DELETE', url, headers: { 'x-api-key': key } });
const OPEN = ['accepted', 'queued', 'running'];

describe('cancelling a job', () => {
  it.each(OPEN)('that is %s ends it', async (state) => {
    memory.change(JOB, { state: state as 'queued', open_state: state as 'queued' });
    const answer = await cancel();
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toMatchObject({ job_id: 'job-1', state: 'cancelled', finished_at: memory.time.toISOString(), results: [] });
    expect(memory.record(JOB)?.open_state).toBe('untold');
    expect(memory.told.map(({ type }) => type)).toEqual(['job.queued', 'job.cancelled']);
    expect((await get(app, '/jobs/job-1')).json().state).toBe('cancelled');
  });

  it('twice gives the same answer: the first may have been lost on its way', async () => {
    const first = await cancel();
    memory.time = new Date(memory.time.getTime() + 1000);
    const second = await cancel();
    expect([second.statusCode, second.json()]).toEqual([200, first.json()]);
  });

  it.each(JOB_STATES.filter((state) => ![...OPEN, 'cancelled'].includes(state)))('that is %s is a conflict in words', async (state) => {
    memory.change(JOB, { state });
    const answer = await cancel();
    expect(answer.statusCode).toBe(409);
    expect(answer.json().detail).toContain('The job is over');
    expect(memory.record(JOB)?.state).toBe(state);
  });

  it.each([
    ['that nobody has', '/jobs/job-2', KEY],
    ['of somebody else', '/jobs/job-1', OTHER_KEY],
    ['whose id is none', '/jobs/..%2f', KEY],
  ])('%s is not found', async (_what, url, key) => {
    expect((await cancel(url, key)).statusCode).toBe(404);
    expect(memory.record(JOB)?.state).toBe('queued');
  });

  it('needs a key', async () => {
    expect((await cancel('/jobs/job-1', 'no')).statusCode).toBe(401);
  });

  it('is answered though nobody can be told just now, and the record still says that somebody is to be', async () => {
    memory.fail = (call) => (call === 'events.send' ? new Error('down') : undefined);
    expect((await cancel()).statusCode).toBe(200);
    expect(memory.record(JOB)?.open_state).toBe('untold');
  });

  it('then sending it again runs nothing: the id is taken', async () => {
    await cancel();
    const answer = await post(app, REQUEST);
    expect([answer.statusCode, answer.json().state]).toEqual([200, 'cancelled']);
  });
});
