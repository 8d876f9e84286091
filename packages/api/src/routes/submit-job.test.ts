import { compileSchema } from '@mip/catalog/schemas';
import { jobKey } from '@mip/registry';
import { beforeEach, describe, expect, it } from 'vitest';
import { ENTRY, JOB, OTHER_KEY, PACS, post, QUEUE, REQUEST, type Setup, setUp } from '../testing/requests.ts';

let { app, memory }: Setup = setUp();
beforeEach(() => {
  ({ app, memory } = setUp());
});

const queued = () => memory.queues.get(QUEUE) ?? [];

describe('a request that is right', () => {
  it('becomes a record, then a message, and is answered with the job', async () => {
    const answer = await post(app, REQUEST);
    expect(answer.statusCode).toBe(202);
    expect(answer.headers.location).toBe('/jobs/job-1');
    expect(answer.json()).toEqual({
      job_id: 'job-1',
      algorithm: 'window-level',
      version: '1.2.0',
      state: 'queued',
      attempts: 0,
      accepted_at: '2024-01-31T10:00:00.000Z',
      queued_at: '2024-01-31T10:00:00.000Z',
      admission: { state: 'checked', warnings: [] },
      results: [],
    });
    expect(memory.calls).toEqual(['clients.find', 'images.look', 'registry.get', 'jobs.accept', 'requests.send', 'jobs.markQueued']);
  });

  it('puts on the queue what a worker needs, with the defaults of the version', async () => {
    await post(app, REQUEST);
    expect(queued()).toEqual([
      {
        schema: 'job-message/1',
        job_key: jobKey(JOB),
        ...JOB,
        algorithm: 'window-level',
        version: '1.2.0',
        delivery: 1,
        purpose: 'clinical',
        pacs: PACS,
        parameters: { center: 40, width: 400, function: 'LINEAR' },
        accepted_at: '2024-01-31T10:00:00.000Z',
      },
    ]);
  });

  it.each([
    ['its own client_id', { ...REQUEST, client_id: 'clinic-a' }],
    ['the purpose clinical', { ...REQUEST, purpose: 'clinical' }],
    ["the platform's own image store by name", { ...REQUEST, pacs: { ...PACS, source: 'built-in' } }],
    ['no parameters', { job_id: 'job-1', pacs: PACS }],
    [
      'UIDs padded as DICOM pads them',
      { ...REQUEST, pacs: { ...PACS, study_uid: '1.2.3\0', series_uid: '1.2.3.4 ', instance_uid: '1.2.3.4.5 \0 ' } },
    ],
  ])('may have %s', async (_what, body) => {
    expect((await post(app, body)).statusCode).toBe(202);
    expect(queued()[0]?.pacs).toEqual(PACS);
  });

  it('leaves a record and a message that their schemas accept', async () => {
    await post(app, { ...REQUEST, pacs: { ...PACS, source: 'built-in' } });
    expect(compileSchema('job-record')(memory.record(JOB)).faults).toEqual([]);
    expect(compileSchema('job-message')(queued()[0]).faults).toEqual([]);
  });

  it('may name the version that is served', async () => {
    expect((await post(app, REQUEST, { url: '/process/window-level@1.2.0' })).statusCode).toBe(202);
  });
});

describe('the same job again', () => {
  it('is the same job: one record, one message', async () => {
    const first = await post(app, REQUEST);
    memory.time = new Date('2024-01-31T10:01:00.000Z');
    const second = await post(app, {
      parameters: { width: 400, center: 40 },
      pacs: PACS,
      job_id: 'job-1',
      client_id: 'clinic-a',
      purpose: 'clinical',
    });
    expect(second.statusCode).toBe(202);
    expect(second.headers.location).toBe('/jobs/job-1');
    expect(second.json()).toEqual(first.json());
    expect(memory.calls.filter((call) => call === 'requests.send')).toHaveLength(1);
  });

  it('is 200 once it is over', async () => {
    await post(app, REQUEST);
    memory.change(JOB, { state: 'succeeded', outcome: 'done', results: [] });
    const answer = await post(app, REQUEST);
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toMatchObject({ state: 'succeeded', outcome: 'done' });
  });

  it.each([
    ['other parameters', { ...REQUEST, parameters: { center: 41, width: 400 } }, undefined],
    ['a default spelled out', { ...REQUEST, parameters: { ...REQUEST.parameters, function: 'LINEAR' } }, undefined],
    ['other images', { ...REQUEST, pacs: { ...PACS, instance_uid: '1.2.3.4.6' } }, undefined],
    ['another algorithm', REQUEST, '/process/grayscale'],
  ])('with %s is another job: 409, and the first stays', async (_what, body, url) => {
    memory.rows.set('grayscale', { ...ENTRY, algorithm_name: 'grayscale' });
    await post(app, REQUEST);
    const before = memory.record(JOB);
    const answer = await post(app, body, url === undefined ? {} : { url });
    expect(answer.statusCode).toBe(409);
    expect(memory.record(JOB)).toEqual(before);
    expect([...memory.queues.values()].flat()).toHaveLength(1);
  });

  it('of another client is another job', async () => {
    await post(app, REQUEST);
    const answer = await post(app, { ...REQUEST, parameters: {} }, { headers: { 'x-api-key': OTHER_KEY } });
    expect(answer.statusCode).toBe(202);
    expect(queued().map(({ client_id }) => client_id)).toEqual(['clinic-a', 'clinic-b']);
  });

  it('is one job for 20 requests at once', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => post(app, REQUEST)));
    expect(new Set(answers.map(({ statusCode }) => statusCode))).toEqual(new Set([202]));
    expect(queued()).toHaveLength(1);
  });

  it.each([
    ['was withdrawn', () => memory.rows.delete('window-level')],
    ['was switched off', () => memory.rows.set('window-level', { ...ENTRY, status: 'inactive' })],
    ['has lost a parameter', () => memory.rows.set('window-level', { ...ENTRY, parameters: {} })],
  ])('is still known after its algorithm %s', async (_what, change) => {
    await post(app, REQUEST);
    change();
    expect((await post(app, REQUEST)).statusCode).toBe(202);
    expect(queued()).toHaveLength(1);
    expect((await post(app, { ...REQUEST, job_id: 'job-2' })).statusCode).toBeGreaterThanOrEqual(400);
  });

  it('takes the version that it was accepted for, whatever is served by then', async () => {
    memory.fail = (call) => (call === 'requests.send' ? new Error('down') : undefined);
    await post(app, REQUEST);
    memory.fail = () => undefined;
    memory.rows.set('window-level', {
      ...ENTRY,
      version: '1.3.0',
      parameters: { ...ENTRY.parameters, function: { type: 'string', default: 'X' } },
    });
    expect((await post(app, REQUEST)).json()).toMatchObject({ version: '1.2.0', state: 'queued' });
    expect(queued()[0]).toMatchObject({ version: '1.2.0', parameters: { function: 'LINEAR' } });
  });
});

describe('a repeat', () => {
  it.each([
    ['a callback', { ...REQUEST, callback_url: 'https://viewer.example/' }],
    ['another source', { ...REQUEST, pacs: { ...PACS, source: 'other' } }],
  ])('that asks for %s as well is no repeat: 422', async (_what, body) => {
    await post(app, REQUEST);
    expect((await post(app, body)).statusCode).toBe(422);
  });

  it("in another client's name is 403, though the job is known", async () => {
    await post(app, REQUEST);
    expect((await post(app, { ...REQUEST, client_id: 'clinic-b' })).statusCode).toBe(403);
  });
});

describe('a request that dies on its way', () => {
  it.each(['jobs.accept', 'requests.send'])('at %s is completed by its repeat', async (call) => {
    memory.fail = (name) => (name === call ? new Error('gone') : undefined);
    expect((await post(app, REQUEST)).statusCode).toBe(500);
    expect(queued()).toEqual([]);
    memory.fail = () => undefined;
    expect((await post(app, REQUEST)).json()).toMatchObject({ state: 'queued' });
    expect(queued()).toHaveLength(1);
  });

  it('between message and record is accepted all the same, and its repeat sends nothing new', async () => {
    memory.fail = (name) => (name === 'jobs.markQueued' ? new Error('gone') : undefined);
    const first = await post(app, REQUEST);
    expect([first.statusCode, first.json().state]).toEqual([202, 'accepted']);
    memory.fail = () => undefined;
    expect((await post(app, REQUEST)).json()).toMatchObject({ state: 'queued' });
    expect(queued()).toHaveLength(1);
  });

  it('never leaves a message without a record', async () => {
    memory.fail = (name) => (name === 'jobs.accept' ? new Error('gone') : undefined);
    await post(app, REQUEST);
    expect(memory.calls).not.toContain('requests.send');
  });

  it('shows a worker that was faster', async () => {
    memory.fail = (name) => {
      if (name === 'jobs.markQueued')
        memory.change(JOB, { state: 'running', open_state: 'running', started_at: '2024-01-31T10:00:00.100Z' });
      return undefined;
    };
    expect((await post(app, REQUEST)).json()).toMatchObject({ state: 'running' });
  });
});
