import { beforeEach, describe, expect, it } from 'vitest';
import { ENTRY, JOB, KEY, PACS, post, REQUEST, type Setup, setUp } from './testing/requests.ts';

let { app, memory }: Setup = setUp();
beforeEach(() => {
  ({ app, memory } = setUp());
});

async function refused(body: unknown, url?: string) {
  const answer = await post(app, body, url === undefined ? {} : { url });
  const problem = answer.json();
  expect(memory.jobCount).toBe(0);
  expect(answer.headers['content-type']).toBe('application/problem+json');
  expect(problem.status).toBe(answer.statusCode);
  expect(problem.detail).toMatch(/^\w.*\.$/s);
  return { status: answer.statusCode, pointers: (problem.errors ?? []).map(({ pointer }: { pointer: string }) => pointer).sort(), problem };
}

const without = (name: string) => Object.fromEntries(Object.entries(REQUEST).filter(([key]) => key !== name));

/** A body → the pointers of the 422. */
const BODIES: readonly [string, unknown, readonly string[]][] = [
  ['no object: null', null, ['']],
  ['no object: a list', [], ['']],
  ['no object: a text', '"job-1"', ['']],
  ['no object: a number', 0, ['']],
  ['nothing in it', {}, ['/job_id', '/pacs']],
  ['no job_id', without('job_id'), ['/job_id']],
  ['a job_id that is a number', { ...REQUEST, job_id: 1 }, ['/job_id']],
  ['an empty job_id', { ...REQUEST, job_id: '' }, ['/job_id']],
  ['a job_id that climbs', { ...REQUEST, job_id: '../job' }, ['/job_id']],
  ['a job_id of 65 characters', { ...REQUEST, job_id: 'x'.repeat(65) }, ['/job_id']],
  ['a job_id with a line break at its end', { ...REQUEST, job_id: 'job-1\n' }, ['/job_id']],
  ['a member nobody knows', { ...REQUEST, jobid: 'x', 'a/b~c': 1 }, ['/a~1b~0c', '/jobid']],
  ['no pacs', without('pacs'), ['/pacs']],
  ['pacs that is null', { ...REQUEST, pacs: null }, ['/pacs']],
  ['pacs that is a list', { ...REQUEST, pacs: [PACS] }, ['/pacs']],
  ['no study', { ...REQUEST, pacs: { series_uid: '1', instance_uid: '1' } }, ['/pacs/study_uid']],
  ['an instance without a series', { ...REQUEST, pacs: { study_uid: '1', instance_uid: '1' } }, ['/pacs/series_uid']],
  ['a UID with letters', { ...REQUEST, pacs: { ...PACS, study_uid: '1.2.x' } }, ['/pacs/study_uid']],
  ['a UID of 65 digits', { ...REQUEST, pacs: { ...PACS, study_uid: '1'.repeat(65) } }, ['/pacs/study_uid']],
  ['a UID of spaces', { ...REQUEST, pacs: { ...PACS, study_uid: '   ' } }, ['/pacs/study_uid']],
  ['a UID with a space before it', { ...REQUEST, pacs: { ...PACS, study_uid: ' 1.2' } }, ['/pacs/study_uid']],
  ['a UID that is a number', { ...REQUEST, pacs: { ...PACS, study_uid: 1.2 } }, ['/pacs/study_uid']],
  ['a PACS that the platform does not name', { ...REQUEST, pacs: { ...PACS, source: 'main' } }, ['/pacs/source']],
  ['a PACS by URL', { ...REQUEST, pacs: { ...PACS, source: 'http://10.0.0.1/' } }, ['/pacs/source']],
  ['too little: a series where one instance is taken', { ...REQUEST, pacs: { study_uid: '1', series_uid: '1' } }, ['/pacs/instance_uid']],
  ['too little: a study where one instance is taken', { ...REQUEST, pacs: { study_uid: '1' } }, ['/pacs/instance_uid']],
  ['a callback over http', { ...REQUEST, callback_url: 'http://example.org/' }, ['/callback_url']],
  ['a callback with a password in it', { ...REQUEST, callback_url: 'https://a:b@example.org/' }, ['/callback_url']],
  ['a callback to a private address', { ...REQUEST, callback_url: 'https://10.0.0.1/' }, ['/callback_url']],
  ['a callback of 2049 characters', { ...REQUEST, callback_url: `https://example.org/${'a'.repeat(2029)}` }, ['/callback_url']],
  ['a callback that is no URL', { ...REQUEST, callback_url: 'example' }, ['/callback_url']],
  ['a purpose nobody knows', { ...REQUEST, purpose: 'fun' }, ['/purpose']],
  ['a client_id that is a number', { ...REQUEST, client_id: 1 }, ['/client_id']],
  ['parameters that are a list', { ...REQUEST, parameters: [] }, ['/parameters']],
  ['parameters that are null', { ...REQUEST, parameters: null }, ['/parameters']],
  ['a parameter nobody knows', { ...REQUEST, parameters: { centre: 1 } }, ['/parameters/centre']],
  [
    'the seed request, whose parameters this algorithm does not have',
    { ...REQUEST, parameters: { threshold: 0.7, iterations: 150 } },
    ['/parameters/iterations', '/parameters/threshold'],
  ],
  ['a number as text', { ...REQUEST, parameters: { center: '40' } }, ['/parameters/center']],
  ['a parameter that is an object', { ...REQUEST, parameters: { center: {} } }, ['/parameters/center']],
  ['a parameter out of range', { ...REQUEST, parameters: { center: 1001, width: 0 } }, ['/parameters/center', '/parameters/width']],
  [
    'a parameter that JSON makes infinite',
    `{"job_id":"job-1","pacs":${JSON.stringify(PACS)},"parameters":{"width":1e999}}`,
    ['/parameters/width'],
  ],
  [
    'a number beyond what a table holds',
    { ...REQUEST, parameters: { width: 1e126, center: 1e-131 } },
    ['/parameters/center', '/parameters/width'],
  ],
  ['half a character', `{"job_id":"job-1","pacs":${JSON.stringify(PACS)},"parameters":{"note":"\\ud800"}}`, ['/parameters/note']],
  ['a value that is not in the list', { ...REQUEST, parameters: { function: 'linear' } }, ['/parameters/function']],
  [
    'a fault in every part',
    { job_id: '', pacs: { study_uid: 'x' }, parameters: { centre: 1, width: 'wide' }, callback_url: 'http://10.0.0.1/x', extra: 1 },
    ['/callback_url', '/extra', '/job_id', '/pacs/instance_uid', '/pacs/study_uid', '/parameters/centre', '/parameters/width'],
  ],
];

describe('a body is refused with a pointer for every field at fault', () => {
  it.each(BODIES)('%s', async (_what, body, pointers) => {
    const { status, pointers: found, problem } = await refused(body);
    expect({ status, pointers: found }).toEqual({ status: 422, pointers });
    for (const fault of problem.errors) expect(fault).toEqual({ pointer: expect.any(String), detail: expect.stringMatching(/\w{2}/) });
  });

  it('names the parameters that the algorithm knows', async () => {
    const { problem } = await refused({ ...REQUEST, parameters: { threshold: 0.7 } });
    expect(problem.errors[0].detail).toContain('center, width, function, note');
  });

  it('lists at most 100 faults, and says how many there are', async () => {
    const { problem } = await refused({ ...REQUEST, ...Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`x${index}`, 1])) });
    expect(problem.errors).toHaveLength(100);
    expect(problem.detail).toContain('300 fields');
  });

  it.each([
    [['instance', 'series'], { study_uid: '1', series_uid: '1' }, []],
    [['series'], PACS, ['/pacs/instance_uid']],
    [['study'], PACS, ['/pacs/instance_uid']],
    [['study'], { study_uid: '1', series_uid: '1' }, ['/pacs/series_uid']],
    [['study'], { study_uid: '1' }, []],
    [['series'], { study_uid: '1' }, ['/pacs/series_uid']],
    [['instance', 'study'], { study_uid: '1', series_uid: '1' }, ['/pacs/instance_uid']],
  ])('an algorithm for %j asked for %j', async (scope, pacs, pointers) => {
    memory.rows.set('window-level', { ...ENTRY, input: { scope } });
    if (pointers.length === 0) expect((await post(app, { ...REQUEST, pacs })).statusCode).toBe(202);
    else expect(await refused({ ...REQUEST, pacs })).toMatchObject({ status: 422, pointers });
  });
});

describe('a callback', () => {
  it('of a client without a secret is refused, and says what to do', async () => {
    memory.addClient(KEY, 'clinic-a', {});
    const { status, problem } = await refused({ ...REQUEST, callback_url: 'https://example.org/' });
    expect([status, problem.errors]).toEqual([422, [{ pointer: '/callback_url', detail: expect.stringContaining('mip clients secret') }]]);
  });

  it.each(['https://example.org/mip', 'http://127.0.0.1:9000/'])(
    'to %s is kept in the record and is not in the log',
    async (callback_url) => {
      const { app, memory, lines } = setUp();
      const answer = await post(app, { ...REQUEST, callback_url });
      expect(answer.statusCode).toBe(202);
      expect(memory.record(JOB)?.callback_url).toBe(callback_url);
      expect(answer.json().callback).toEqual({ state: 'pending', attempts: 0 });
      expect(answer.payload + lines.join('')).not.toContain(callback_url);
    },
  );
});

describe('a request is refused as a whole', () => {
  it.each([
    ['/process/nothing-like-it', 404],
    ['/process/Window-Level', 404],
    [`/process/${'a'.repeat(37)}`, 404],
    [`/process/${'a'.repeat(2000)}`, 414],
    ['/process/..%2fwindow-level', 404],
    ['/process/window-level@1.1.0', 404],
    ['/process/window-level@', 404],
    ['/process/window-level@1.2.0@1.2.0', 404],
    ['/process/@1.2.0', 404],
  ])('%s is %i', async (url, status) => {
    expect(await refused(REQUEST, url)).toMatchObject({ status, pointers: [] });
  });

  it('an algorithm that is inactive is 409, with the reason', async () => {
    memory.rows.set('window-level', { ...ENTRY, status: 'inactive' });
    const { status, problem } = await refused(REQUEST);
    expect(status).toBe(409);
    expect(problem.detail).toContain('inactive');
  });

  it.each([
    ["another client's id", { ...REQUEST, client_id: 'clinic-b' }],
    ['the purpose conformance', { ...REQUEST, purpose: 'conformance' }],
    ['the purpose shadow', { ...REQUEST, purpose: 'shadow' }],
  ])('%s is 403', async (_what, body) => {
    expect(await refused(body)).toMatchObject({ status: 403, pointers: [] });
  });
});
