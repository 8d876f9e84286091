import { beforeEach, describe, expect, it } from 'vitest';
import { get, JOB, OTHER_KEY, post, REQUEST, type Setup, setUp } from '../testing/requests.ts';

let { app, memory }: Setup = setUp();
beforeEach(async () => {
  ({ app, memory } = setUp());
  for (let second = 0; second < 25; second++) {
    memory.time = new Date(Date.UTC(2024, 0, 31, 10, 0, second));
    await post(app, { ...REQUEST, job_id: `job-${second}` });
  }
});

const idsOf = (body: { jobs: { job_id: string }[] }) => body.jobs.map(({ job_id }) => Number(job_id.slice(4)));
const counting = (from: number, to: number) => Array.from({ length: from - to + 1 }, (_, index) => from - index);

describe('the list of jobs', () => {
  it('is in pages, the newest first, and none is missing or twice', async () => {
    const first = (await get(app, '/jobs?limit=10')).json();
    expect(idsOf(first)).toEqual(counting(24, 15));
    const second = (await get(app, `/jobs?limit=10&cursor=${first.next}`)).json();
    expect(idsOf(second)).toEqual(counting(14, 5));
    const last = (await get(app, `/jobs?limit=10&cursor=${second.next}`)).json();
    expect(idsOf(last)).toEqual(counting(4, 0));
    expect(last.next).toBeUndefined();
  });

  it('has 20 in a page where nobody says how many, and each as GET shows it', async () => {
    const { jobs } = (await get(app, '/jobs')).json();
    expect(jobs).toHaveLength(20);
    expect(jobs[0]).toEqual((await get(app, '/jobs/job-24')).json());
  });

  it('is filtered by state, algorithm and time', async () => {
    memory.change({ ...JOB, job_id: 'job-3' }, { state: 'succeeded' });
    expect(idsOf((await get(app, '/jobs?state=succeeded')).json())).toEqual([3]);
    expect(idsOf((await get(app, '/jobs?algorithm=seg')).json())).toEqual([]);
    expect(idsOf((await get(app, '/jobs?algorithm=window-level&since=2024-01-31T10:00:22Z')).json())).toEqual([24, 23, 22]);
    expect(idsOf((await get(app, '/jobs?since=2024-01-31T10:00:23.001Z')).json())).toEqual([24]);
  });

  it("is the client's own, also with the cursor of another", async () => {
    const { next } = (await get(app, '/jobs?limit=1')).json();
    expect((await get(app, `/jobs?cursor=${next}`, OTHER_KEY)).json()).toEqual({ jobs: [] });
    expect((await get(app, '/jobs', OTHER_KEY)).json()).toEqual({ jobs: [] });
  });

  it.each([
    ['limit=0', /^limit is a whole number from 1 to 100\.$/],
    ['limit=101', /^limit/],
    ['limit=1e1', /^limit/],
    ['limit=', /^limit/],
    ['limit=1&limit=2', /^Give limit once\.$/],
    ['state=open', /^state is one of accepted, queued/],
    ['since=yesterday', /^since/],
    ['since=2024-13-01T00:00:00Z', /^since/],
    ['algorithm=UPPER', /^algorithm/],
    ['colour=red', /^The query takes algorithm, state, since, limit, cursor/],
    ['__proto__=1', /^The query takes/],
    ['cursor=x', /^This cursor is none of ours/],
    [`cursor=${Buffer.from('["a","b"]').toString('base64url')}`, /^This cursor/],
    [`cursor=${Buffer.from('["2024-01-31T10:00:00.000Z"]').toString('base64url')}`, /^This cursor/],
    [`cursor=${Buffer.from('{"length":2}').toString('base64url')}`, /^This cursor/],
    ['cursor=%2F', /^cursor/],
  ])('refuses %s', async (query, words) => {
    const answer = await get(app, `/jobs?${query}`);
    expect(answer.statusCode).toBe(400);
    expect(answer.json().detail).toMatch(words);
    expect(memory.calls).not.toContain('jobs.page');
  });
});
