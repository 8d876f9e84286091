import { compileSchema } from '@mip/catalog/schemas';
import { jobKey } from '@mip/registry';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Look } from '../look/look.ts';
import { ENTRY, JOB, OTHER_KEY, PACS, post, QUEUE, REQUEST, type Setup, setUp } from '../testing/requests.ts';

let { app, memory, lines }: Setup = setUp();
beforeEach(() => {
  ({ app, memory, lines } = setUp());
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
      trace_id: expect.stringMatching(/^[0-9a-f]{32}$/),
      results: [],
    });
    const calls = ['clients.find', 'images.look', 'registry.get', 'jobs.accept', 'requests.send', 'jobs.markQueued', 'events.send'];
    expect(memory.calls).toEqual(calls);
    expect(memory.told.map(({ type, at, client_id, job_id }) => ({ type, at, client_id, job_id }))).toEqual([
      { type: 'job.queued', at: '2024-01-31T10:00:00.000Z', ...JOB },
    ]);
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
        pacs: { ...PACS, source: 'built-in' },
        parameters: { center: 40, width: 400, function: 'LINEAR' },
        trace_id: expect.stringMatching(/^[0-9a-f]{32}$/),
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
    expect(queued()[0]?.pacs).toEqual({ ...PACS, source: 'built-in' });
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
    ['another source', 422, { ...REQUEST, pacs: { ...PACS, source: 'other' } }],
    ['a callback', 409, { ...REQUEST, callback_url: 'https://viewer.example/' }],
  ])('that asks for %s as well is no repeat: %i', async (_what, status, body) => {
    await post(app, REQUEST);
    expect((await post(app, body)).statusCode).toBe(status);
  });

  it('is accepted though nobody can be told of it', async () => {
    memory.fail = (call) => (call === 'events.send' ? new Error('down') : undefined);
    expect((await post(app, REQUEST)).statusCode).toBe(202);
    expect(lines.join('')).toContain('an event could not be sent');
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

describe('a look at the images', () => {
  const CT = { '00080060': { vr: 'CS', Value: ['CT'] } };
  const entry = (input: object) => memory.rows.set('window-level', { ...ENTRY, input: { ...ENTRY.input, ...input } });
  const pointers = (answer: Awaited<ReturnType<typeof post>>) => answer.json().errors.map(({ pointer }: { pointer: string }) => pointer);

  it.each(['study', 'series', 'instance'] as const)('that misses the %s is 404 and says so, without its UID', async (level) => {
    memory.answer = () => ({ kind: 'missing', level });
    const answer = await post(app, REQUEST);
    expect(answer.statusCode).toBe(404);
    expect(answer.json()).toMatchObject({ detail: `The PACS has no such ${level}.`, errors: [{ pointer: `/pacs/${level}_uid` }] });
    expect(answer.body).not.toContain(PACS.study_uid);
    expect(memory.jobCount).toBe(0);
  });

  it('refuses what a rule refuses, with every other fault of the body', async () => {
    entry({
      modalities: ['MR'],
      rules: [{ tag: 'RescaleSlope', present: true, severity: 'reject', description: 'Needs a slope.' }],
    });
    memory.answer = () => ({ kind: 'found', instance: CT });
    const answer = await post(app, { ...REQUEST, parameters: { centre: 1 } });
    expect(answer.statusCode).toBe(422);
    expect(pointers(answer)).toEqual(['/parameters/centre', '/pacs/instance_uid', '/pacs/instance_uid']);
    expect(answer.json().errors[2].detail).toContain('RescaleSlope has to be there: Needs a slope.');
    expect(answer.json().detail).toBe('3 fields are at fault.');
    expect(memory.jobCount).toBe(0);
  });

  it('with faults beside missing images is 422, and tells of both', async () => {
    memory.answer = () => ({ kind: 'missing', level: 'series' });
    const answer = await post(app, { ...REQUEST, parameters: { centre: 1 } });
    expect(answer.statusCode).toBe(422);
    expect(pointers(answer)).toEqual(['/parameters/centre', '/pacs/series_uid']);
  });

  it('notes what a rule warns of on the job', async () => {
    entry({ rules: [{ tag: 'KVP', present: true, severity: 'warn' }] });
    memory.answer = () => ({ kind: 'found', instance: CT });
    const answer = await post(app, REQUEST);
    expect(answer.statusCode).toBe(202);
    expect(answer.json().admission).toEqual({ state: 'checked', warnings: ['KVP has to be there'] });
    expect(memory.record(JOB)?.admission).toEqual(answer.json().admission);
  });

  it.each<[string, () => Look | Promise<Look>]>([
    ['does not know', () => ({ kind: 'unknown', why: 'down' })],
    ['throws', () => Promise.reject(new Error('secret 1.2.3'))],
    [
      'throws at once',
      () => {
        throw new TypeError('secret 1.2.3');
      },
    ],
  ])('that %s leaves it to the worker', async (_what, answer) => {
    memory.answer = answer;
    const { statusCode, json } = await post(app, REQUEST);
    expect([statusCode, json().admission.state]).toEqual([202, 'deferred']);
    expect(queued()).toHaveLength(1);
    expect(lines.filter((line) => JSON.parse(line).level === 'warn')).toHaveLength(1);
    expect(lines.join('')).not.toMatch(/secret|1\.2\.3/);
  });

  it('that never ends is ended, and leaves it to the worker', async () => {
    memory.answer = (_name, _uids, signal) =>
      new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    const { statusCode, json } = await post(app, REQUEST);
    expect([statusCode, json().admission.state]).toEqual([202, 'deferred']);
  });

  it('is given up when there is no such algorithm', async () => {
    let given: AbortSignal | undefined;
    memory.answer = (_name, _uids, signal) => {
      given = signal;
      return new Promise(() => undefined);
    };
    expect((await post(app, REQUEST, { url: '/process/nothing' })).statusCode).toBe(404);
    expect(given?.aborted).toBe(true);
  });

  it.each([
    ['the body says no study', { ...REQUEST, pacs: {} }],
    ['a UID is none', { ...REQUEST, pacs: { ...PACS, instance_uid: 'x' } }],
    ['the body is no object', []],
    ['the PACS is none of the platform', { ...REQUEST, pacs: { ...PACS, source: 'other' } }],
    ['the PACS is a URL', { ...REQUEST, pacs: { ...PACS, source: 'http://169.254.169.254/' } }],
  ])('is not taken where %s', async (_what, body) => {
    expect((await post(app, body)).statusCode).toBe(422);
    expect(memory.calls).not.toContain('images.look');
  });

  it('looks where the request says, and the worker will', async () => {
    const asked: unknown[] = [];
    memory.answer = (name, uids) => {
      asked.push(name, uids);
      return { kind: 'found', instance: {} };
    };
    await post(app, { ...REQUEST, pacs: { ...PACS, source: 'hospital' } });
    expect(asked).toEqual(['hospital', PACS]);
    expect(queued()[0]?.pacs).toEqual({ ...PACS, source: 'hospital' });
  });

  it("takes the platform's default where the request says nothing", async () => {
    ({ app, memory, lines } = setUp({ defaultPacs: 'hospital' }));
    await post(app, REQUEST);
    expect(queued()[0]?.pacs).toEqual({ ...PACS, source: 'hospital' });
    expect((await post(app, { ...REQUEST, pacs: { ...PACS, source: 'hospital' } })).statusCode).toBe(202);
    expect((await post(app, { ...REQUEST, pacs: { ...PACS, source: 'built-in' } })).statusCode).toBe(409);
  });

  it('names the PACSs that there are', async () => {
    const answer = await post(app, { ...REQUEST, pacs: { ...PACS, source: 'other' } });
    expect(answer.json().errors).toEqual([
      { pointer: '/pacs/source', detail: 'names no PACS of this platform; there are built-in, hospital' },
    ]);
  });

  it.each<[string, () => Look]>([
    ['gone', () => ({ kind: 'missing', level: 'instance' })],
    ['no longer acceptable', () => ({ kind: 'found', instance: { '00080060': { vr: 'CS', Value: ['MR'] } } })],
  ])('never refuses the repeat of a job, though its image is %s', async (_what, answer) => {
    entry({ modalities: ['CT'] });
    memory.answer = () => ({ kind: 'found', instance: CT });
    const first = await post(app, REQUEST);
    memory.answer = answer;
    const second = await post(app, REQUEST);
    expect([second.statusCode, second.json()]).toEqual([202, first.json()]);
    expect((await post(app, { ...REQUEST, job_id: 'job-2' })).statusCode).toBeGreaterThanOrEqual(400);
  });

  it('completes the repeat of a request that died before its message, though its image is gone', async () => {
    memory.fail = (name) => (name === 'requests.send' ? new Error('gone') : undefined);
    await post(app, REQUEST);
    expect(memory.record(JOB)?.state).toBe('accepted');
    memory.fail = () => undefined;
    memory.answer = () => ({ kind: 'missing', level: 'series' });
    expect((await post(app, REQUEST)).json().state).toBe('queued');
    expect(queued()).toHaveLength(1);
  });

  it.each([
    ['what the PACS has not', { kind: 'missing', level: 'study' } as const, ['clients.find', 'images.look', 'registry.get', 'jobs.get']],
    ['a repeat', { kind: 'found' } as const, ['clients.find', 'images.look', 'registry.get', 'jobs.accept']],
  ])('costs one call beside the others, also for %s', async (what, answer, calls) => {
    if (what === 'a repeat') await post(app, REQUEST);
    memory.calls.length = 0;
    memory.answer = () => answer;
    await post(app, REQUEST);
    expect(memory.calls).toEqual(calls);
  });
});
