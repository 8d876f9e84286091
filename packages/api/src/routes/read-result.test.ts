import { beforeEach, describe, expect, it } from 'vitest';
import { get, JOB, KEY, OTHER_KEY, post, REQUEST, type Setup, setUp } from '../testing/requests.ts';

let { app, memory }: Setup = setUp();
const file = {
  name: 'result-0001.dcm',
  key: 'algorithms/window-level/jobs/0123/4567/result-0001.dcm',
  media_type: 'application/dicom',
  size: 3,
  sha256: '0'.repeat(64),
};

beforeEach(async () => {
  ({ app, memory } = setUp());
  await post(app, REQUEST);
  memory.change(JOB, { state: 'succeeded', outcome: 'done', results: [file] });
});

describe('a result', () => {
  it('is listed by the job with the path that leads to it', async () => {
    const { results } = (await get(app, '/jobs/job-1')).json();
    expect(results).toEqual([
      {
        name: 'result-0001.dcm',
        href: '/jobs/job-1/results/result-0001.dcm',
        media_type: 'application/dicom',
        size: 3,
        sha256: '0'.repeat(64),
      },
    ]);
    expect((await get(app, results[0].href)).statusCode).toBe(302);
  });

  it.each(['GET', 'HEAD'] as const)('%s redirects to a link of 60 seconds, which nobody keeps', async (method) => {
    const answer = await app.inject({ method, url: '/jobs/job-1/results/result-0001.dcm', headers: { 'x-api-key': KEY } });
    expect(answer.statusCode).toBe(302);
    expect(answer.headers.location).toBe('https://results.example/algorithms/window-level/jobs/0123/4567/result-0001.dcm?expires=60');
    expect(answer.headers['cache-control']).toBe('no-store');
  });

  it('comes as JSON with redirect=false', async () => {
    const answer = await get(app, '/jobs/job-1/results/result-0001.dcm?redirect=false');
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toEqual({ href: expect.stringContaining('https://results.example/'), expires_at: '2024-01-31T10:01:00.000Z' });
  });

  it.each(['redirect=', 'redirect=no', 'redirect=true&redirect=false'])('with %s is 400', async (query) => {
    expect((await get(app, `/jobs/job-1/results/result-0001.dcm?${query}`)).statusCode).toBe(400);
  });

  it.each([
    'result-0002.dcm',
    'RESULT-0001.DCM',
    '..%2fresult-0001.dcm',
    '%2e%2e%2f%2e%2e%2fother',
    'jobs%2f0123%2f4567%2fresult-0001.dcm',
    '__proto__',
  ])('named %s is 404, and nothing is signed', async (name) => {
    expect((await get(app, `/jobs/job-1/results/${name}`)).statusCode).toBe(404);
    expect(memory.calls).not.toContain('results.link');
  });

  it("of another client's job is 404", async () => {
    expect((await get(app, '/jobs/job-1/results/result-0001.dcm', OTHER_KEY)).statusCode).toBe(404);
  });

  it.each([
    ['accepted', 409],
    ['queued', 409],
    ['running', 409],
    ['failed', 404],
    ['cancelled', 404],
    ['dead', 404],
  ] as const)('of a job that is %s is %i, in words', async (state, status) => {
    memory.change(JOB, { state, results: [] });
    const answer = await get(app, '/jobs/job-1/results/result-0001.dcm');
    expect(answer.statusCode).toBe(status);
    expect(answer.json().detail).toContain(state);
  });
});
