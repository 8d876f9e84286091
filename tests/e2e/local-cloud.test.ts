/**
 * The whole, as a user meets it: `mip up` in one process, requests from another. One local cloud serves all tests of this file, because a start
 * takes most of a minute of both cores; it has its own state folder, port and copy of the repository, so that it can stand beside a running one.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetQueueUrlCommand, SetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Cloud, checkResult, copyRepository, type Json, testImage } from '../cloud.ts';
import { shellSteps, shown } from '../live/shell-page.ts';
import { playShell } from '../live/shell-session.ts';
import { describeCanaries } from './canaries.ts';

const scratch = mkdtempSync(join(tmpdir(), 'mip-e2e-'));
const repository = copyRepository();
const cloud = new Cloud(repository);
const mip = (...args: string[]) => cloud.mip(args);
const UP_MS = 240_000;

let environment: Record<string, string>;

beforeAll(async () => {
  symlinkSync(cloud.home, join(repository, '.mip')); // where the pages of docs/ have it
  expect(await cloud.start(), cloud.printed).toBe(undefined);
  environment = cloud.environment;
}, UP_MS);

afterAll(async () => {
  await cloud.remove();
  for (const folder of [scratch, repository]) rmSync(folder, { recursive: true, force: true });
}, 60_000);

describe('the local cloud', () => {
  it('puts the first image of every algorithm through, equal to the reference, and prints the time of each stage', () => {
    expect(cloud.printed).toMatch(/window-level .*equal to the reference/);
    expect(cloud.printed).toMatch(/grayscale .*equal to the reference/);
    expect(cloud.printed).toMatch(/threshold-ccl .*equal to the reference/);
    expect(cloud.printed).toMatch(/python-simple .*equal to the reference/);
    expect(cloud.printed).toMatch(/python-advanced .*equal to the reference/);
    expect(cloud.printed).toMatch(/openmp-template .*equal to the reference/);
    expect(cloud.printed.match(/\(\d+\.\d s\)/g)?.length).toBeGreaterThanOrEqual(7);
    expect(cloud.printed).toContain('the local aspect removed:');
  });

  it('answers on health', async () => {
    const answer = await cloud.call('/health');
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({ status: 'healthy', timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/) });
  });

  it('keeps the environment file, which holds keys, to its owner', () => {
    const mode = execFileSync('stat', ['-c', '%a', join(cloud.home, 'env')], { encoding: 'utf8' }).trim();
    expect(mode).toBe('600');
  });
});

describe('a request as a viewer sends it', () => {
  it('is processed once, and its result decodes to the reference', async () => {
    const source = testImage('CT_small.dcm');
    const body = {
      job_id: 'viewer-1',
      client_id: environment.MIP_CLIENT_ID,
      pacs: cloud.importImage(source),
      parameters: { center: 40, width: 400 },
    };
    const accepted = await cloud.post('window-level', body);
    expect(accepted.status).toBe(202);
    expect(accepted.headers.get('location')).toBe('/jobs/viewer-1');
    const job = await cloud.endedJob('viewer-1');
    expect(job).toMatchObject({ state: 'succeeded', algorithm: 'window-level', attempts: 0 });
    const result = job.results.find((one: { name: string }) => one.name.endsWith('.dcm'));
    const file = join(scratch, 'viewer-1.dcm');
    writeFileSync(file, Buffer.from(await (await cloud.call(result.href)).arrayBuffer()));
    expect(checkResult('window-level', source, file, body.parameters)).toMatchObject({ equal: true });
    const again = await cloud.post('window-level', body);
    expect([200, 202]).toContain(again.status);
    expect(((await again.json()) as Json).accepted_at).toBe(job.accepted_at);
    expect((await cloud.post('window-level', { ...body, parameters: { center: 41, width: 400 } })).status).toBe(409);
  });

  it('is refused in words when it is wrong, with a pointer for each fault', async () => {
    const pacs = { study_uid: '1.2.3', series_uid: '1.2.3.4', instance_uid: '1.2.3.4.5' };
    const answer = await cloud.post('window-level', {
      job_id: 'bad-1',
      pacs,
      parameters: { centre: 1, width: 'wide' },
      callback_url: 'http://192.0.2.1/x',
    });
    const problem: Json = await answer.json();
    expect(answer.status).toBe(422);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    const pointers = problem.errors.map((fault: { pointer: string }) => fault.pointer);
    // The images are not there either; whether that is told depends on how fast the index answers.
    expect(pointers.filter((pointer: string) => pointer !== '/pacs/study_uid').sort()).toEqual([
      '/callback_url',
      '/parameters/centre',
      '/parameters/width',
    ]);
    expect((await cloud.post('window-level', '')).status).toBe(400);
    expect((await cloud.post('window-level', '{')).status).toBe(400);
    expect((await cloud.post('window-level', JSON.stringify({ filler: 'x'.repeat(300_000) }))).status).toBe(413);
    expect((await cloud.post('nothing-like-it', { job_id: 'bad-2', pacs })).status).toBe(404);
    expect((await cloud.call('/jobs/bad-1')).status).toBe(404);
    expect((await fetch(`${environment.MIP_API_URL}/jobs/bad-1`)).status).toBe(401);
  });
});

describe('a segmentation', () => {
  it('is found in the main image, a SEG on its pixels and its measurements; where there is nothing, the job says so', async () => {
    const source = testImage('explicit_VR-UN.dcm');
    const pacs = cloud.importImage(source);
    expect((await cloud.post('threshold-ccl', { job_id: 'seg-1', pacs })).status).toBe(202);
    const job = await cloud.endedJob('seg-1');
    expect(job).toMatchObject({ state: 'succeeded', outcome: 'found', pacs_delivery: { state: 'stored', stored: 1, failed: 0 } });
    // Those of the two algorithms that `mip up` sent the image through, and this one.
    const query = `${environment.MIP_DICOMWEB_URL}/studies/${pacs.study_uid}/series?Modality=SEG`;
    expect(await (await fetch(query, { headers: { 'x-api-key': environment.MIP_API_KEY ?? '' } })).json()).toHaveLength(3);
    const names = job.results.map((one: { name: string }) => one.name);
    expect(names).toEqual(['result-0001.dcm', 'measurements.json', 'manifest.json']);
    const [seg, measurements] = await Promise.all(job.results.map(({ href }: { href: string }) => cloud.call(href)));
    const file = join(scratch, 'seg-1.dcm');
    writeFileSync(file, Buffer.from(await seg.arrayBuffer()));
    expect(checkResult('threshold-ccl', source, file, {})).toMatchObject({ equal: true });
    expect(await measurements.json()).toMatchObject({
      outcome: 'found',
      geometry: 'patient',
      segments: [{ label: 'Soft tissue', count: 1 }],
    });
    expect((await cloud.post('threshold-ccl', { job_id: 'seg-2', pacs, parameters: { min_area_mm2: 999999 } })).status).toBe(202);
    const nothing = await cloud.endedJob('seg-2');
    expect(nothing).toMatchObject({ state: 'succeeded', outcome: 'nothing-found' });
    expect(nothing.results.map((one: { name: string }) => one.name)).toEqual(['measurements.json', 'manifest.json']);
  });

  it('of an image in other units is refused in words', async () => {
    const pacs = cloud.importImage(testImage('MR_small.dcm'));
    const answer = await cloud.post('threshold-ccl', { job_id: 'seg-3', pacs });
    if (answer.status === 422) return; // the router looks at the image, where it can
    expect(answer.status).toBe(202);
    expect(await cloud.endedJob('seg-3')).toMatchObject({ state: 'failed', error: { code: 'invalid-input' } });
  });
});

describe('an image that cannot be processed', () => {
  it('that does not exist is refused in words; where the index was too slow to say so, its job fails', async () => {
    const pacs = { study_uid: '1.2.3', series_uid: '1.2.3.4', instance_uid: '1.2.3.4.5' };
    const answer = await cloud.post('window-level', { job_id: 'missing-1', pacs, parameters: { center: 40, width: 400 } });
    const told: Json = await answer.json();
    if (answer.status === 202) {
      expect(told.admission.state).toBe('deferred');
      expect(await cloud.endedJob('missing-1')).toMatchObject({ state: 'failed', error: { code: 'image-not-found' } });
    } else expect([answer.status, told.detail]).toEqual([404, 'The PACS has no such study.']);
    expect(JSON.stringify(told)).not.toContain('1.2.3.4');
  });

  it('that is truncated is refused at import, in words', () => {
    const whole = readFileSync(testImage('CT_small.dcm'));
    const truncated = join(scratch, 'truncated.dcm');
    writeFileSync(truncated, whole.subarray(0, whole.length - 5000));
    const done = mip('import', truncated);
    expect(done.code).toBe(1);
    expect(done.out).toMatch(/refused: .*(breaks off|truncated)/);
  });

  it('that is not DICOM is refused at import', () => {
    const text = join(scratch, 'text.dcm');
    writeFileSync(text, 'no image');
    const done = mip('import', text);
    expect(done.code).toBe(1);
    expect(done.out).toContain('refused: it is not a DICOM file');
  });

  it('leaves a worker that answers the next job', () => {
    const done = mip(
      'process',
      'window-level',
      testImage('CT_small.dcm'),
      '--parameter',
      'center=40',
      '--parameter',
      'width=400',
      '--output',
      join(scratch, 'out'),
      '--json',
    );
    expect(done.code, done.err).toBe(0);
    expect(JSON.parse(done.out).files.some((file: string) => file.endsWith('.dcm'))).toBe(true);
  });
});

const commandOf = (pid: number) => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return ''; // it has ended
  }
};
const processes = (): number[] => JSON.parse(readFileSync(join(cloud.home, 'agent.json'), 'utf8')).pids;
const workers = () => processes().filter((pid) => commandOf(pid).includes('mip_sdk'));
const imageStores = () => processes().filter((pid) => commandOf(pid).includes('server.mjs'));

describe('the agent', () => {
  // What nobody asks for sleeps after a minute: from here on each algorithm has one task, whatever there is to do.
  beforeAll(() => {
    for (const name of ['grayscale', 'openmp-template', 'python-advanced', 'python-simple', 'threshold-ccl', 'window-level'])
      expect(mip('scale', name, '1', '--for', '2h').code).toBe(0);
  });

  it('runs a process for every task: six algorithms and the image store', () => {
    return vi.waitFor(() => expect([workers().length, imageStores().length, processes().length]).toEqual([6, 1, 7]), 30_000);
  }, 60_000);

  // A killed worker may have been polling: what SQS hands to its dead connection stays invisible for 60 s.
  it('restarts a worker that was killed, and the next job is answered', { timeout: 150_000 }, async () => {
    const before = workers();
    for (const pid of before) process.kill(pid, 'SIGKILL');
    const pacs = cloud.importImage(testImage('CT_small.dcm'));
    expect((await cloud.post('window-level', { job_id: 'after-kill', pacs, parameters: { center: 40, width: 400 } })).status).toBe(202);
    expect(await cloud.endedJob('after-kill')).toMatchObject({ state: 'succeeded' });
    expect(workers().filter((pid) => before.includes(pid))).toEqual([]);
  });
});

describe('the image store', () => {
  const look = (path: string, headers: Record<string, string> = { 'x-api-key': environment.MIP_API_KEY ?? '' }) =>
    fetch(`${environment.MIP_DICOMWEB_URL}${path}`, { headers });

  it("answers at the front's address, for those who have a key", async () => {
    expect(environment.MIP_DICOMWEB_URL).toBe(`${environment.MIP_API_URL}/dicomweb`);
    expect(await (await look('/health', {})).json()).toMatchObject({ status: 'healthy' });
    expect((await look('/studies', {})).status).toBe(401);
  });

  it('comes back when it was killed, on a port of its own, and has what was stored', { timeout: 60_000 }, async () => {
    const [imported] = JSON.parse(mip('import', testImage('CT_small.dcm'), '--json').out);
    const [before = 0] = imageStores();
    process.kill(before, 'SIGKILL');
    await expect.poll(async () => (await look('/health', {})).status, { timeout: 30_000 }).toBe(503);
    await expect.poll(async () => (await look('/health', {})).status, { timeout: 30_000 }).toBe(200);
    expect(imageStores()).not.toContain(before);
    const again = JSON.parse(mip('import', testImage('CT_small.dcm'), '--json').out);
    expect(again).toMatchObject([{ uids: imported.uids }]); // the same bytes: no duplicate, no fault
  });
});

const hasSs = spawnSync('ss', ['-V']).status === 0;

describe('what listens', () => {
  it.skipIf(!hasSs)('listens on the loopback interface only (needs ss)', () => {
    const ours = processesBelow(cloud.pid);
    const sockets = execFileSync('ss', ['-Hltnp'], { encoding: 'utf8' })
      .split('\n')
      .filter((line) => ours.some((pid) => line.includes(`pid=${pid},`)));
    const addresses = sockets.map((line) => line.trim().split(/\s+/)[3] ?? '');
    expect(addresses.length).toBeGreaterThanOrEqual(2);
    expect(addresses.filter((address) => !address.startsWith('127.0.0.1:') && !address.startsWith('[::1]:'))).toEqual([]);
  });
});

/** The process and all below it. */
function processesBelow(pid: number): readonly number[] {
  const children = execFileSync('ps', ['-eo', 'pid=,ppid='], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
    .flatMap(([child, parent]) => (parent === pid && child ? [child] : []));
  return [pid, ...children.flatMap(processesBelow)];
}

describe('reconcile', () => {
  const READS = /^(BatchGet|Describe|Get|List|Query|Scan)/;

  it('has nothing to change right after the start', () => {
    const plan = mip('plan', '--json');
    expect(plan.code, plan.err).toBe(0);
    expect(JSON.parse(plan.out).regions).toMatchObject([{ region: 'eu-central-1', plan: { changes: [], refusals: [] }, dangers: [] }]);
  });

  it('makes no second change: two applies write nothing', () => {
    for (const _ of [1, 2]) {
      const [report] = JSON.parse(mip('apply', '--json').out).regions;
      expect(report.outcomes).toEqual([]);
      expect(report.calls.map(({ operation }: { operation: string }) => operation).filter((name: string) => !READS.test(name))).toEqual([
        'PutObject',
      ]); // the run's own record
      expect(report.calls.length).toBeGreaterThan(0);
    }
  });

  it('names by field what somebody changed by hand, and heals it when asked', async () => {
    const sqs = new SQSClient(cloud.connection);
    const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: 'mip-grayscale-requests.fifo' }));
    expect(mip('drift').code).toBe(0);
    await sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { VisibilityTimeout: '31' } }));
    const drift = mip('drift', '--json');
    expect(drift.code).toBe(2);
    expect(JSON.parse(drift.out).regions[0].plan.changes).toMatchObject([
      { action: 'update', name: 'mip-grayscale-requests.fifo', fields: [{ path: '/VisibilityTimeout', from: '31', to: '900' }] },
    ]);
    expect(mip('drift', '--heal').code).toBe(0);
    expect(mip('drift').code).toBe(0);
  });

  it('lists what the registry says runs', () => {
    const rows = JSON.parse(mip('list', '--json').out);
    expect(rows.map((row: { algorithm_name: string }) => row.algorithm_name)).toEqual([
      'grayscale',
      'openmp-template',
      'python-advanced',
      'python-simple',
      'threshold-ccl',
      'window-level',
    ]);
    expect(
      rows.every((row: { status: string; image_uri: string }) => row.status === 'active' && /@sha256:[0-9a-f]{64}$/.test(row.image_uri)),
    ).toBe(true);
  });
});

describeCanaries(cloud);

describe('starting and stopping', () => {
  it('says what to do about a busy port', () => {
    const done = cloud.mip(['up', '--exit'], { MIP_HOME: join(scratch, 'second') });
    expect(done.code).toBe(1);
    expect(done.err).toMatch(/^mip: Port \d+ is in use: .*MIP_PORT/);
    expect(done.err).not.toMatch(/\n\s+at /);
  });

  it(
    'stops at Ctrl-C with status 0, and a second start finds everything in place',
    async () => {
      expect(await cloud.stop()).toBe(0);
      expect(await cloud.start(), cloud.printed).toBe(undefined);
      expect(cloud.printed).toContain('unchanged since the last start');
      expect(cloud.printed).toContain('nothing to change');
      await vi.waitFor(() => expect(workers()).toHaveLength(6), 30_000);
    },
    UP_MS,
  );
});

const hasCurl = spawnSync('curl', ['--json', '{}', '--version']).status === 0;

describe('docs/api.md', () => {
  const PLAY_MS = 150_000;
  const NOTHING = { language: 'console', text: '' } as const;
  const steps = shellSteps(readFileSync(join(repository, 'docs/api.md'), 'utf8'), 'From one end to the other');

  it.skipIf(!hasCurl)(
    'is answered what it says, typed step by step into one shell (needs curl 7.82)',
    { timeout: PLAY_MS + 10_000 },
    async () => {
      const { code, answers, faults } = await playShell(steps, repository, PLAY_MS);
      expect(code, `${steps[answers.length - 1]?.script}${answers.at(-1)}${faults}`).toBe(0);
      for (const [at, { script, answer = NOTHING }] of steps.entries())
        expect(shown(answer, answers[at] ?? ''), script).toMatchObject(shown(answer, answer.text) as object);
    },
  );
});
