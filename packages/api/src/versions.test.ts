import type { EntryRelease, JobRecord, RegistryEntry, ServedRelease } from '@mip/registry';
import { jobKey } from '@mip/registry';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { Problem } from './middleware/problem.ts';
import { ENTRY, JOB, post, QUEUE, REQUEST, type Setup, setUp } from './testing/requests.ts';
import { queueOf, versionFor } from './versions.ts';

let { app, memory }: Setup = setUp();
beforeEach(() => {
  ({ app, memory } = setUp());
});

const lineOf = (version: string) => `window-level-v${version.replaceAll('.', '-')}`;
const queueUrlOf = (version: string) => `https://sqs.example/000000000000/mip-${lineOf(version)}-requests.fifo`;

function released(version: string, over: Partial<ServedRelease> = {}): ServedRelease {
  const entry = { ...ENTRY.entry, version, parameters: { level: { type: 'int', minimum: 0, maximum: 9 } as const } };
  const image_uri = `r.example/mip-window-level@sha256:${'1'.repeat(64)}`;
  return { version, line: lineOf(version), queue_url: queueUrlOf(version), image_uri, tree_hash: 'sha256:1', entry, ...over };
}

function serve(releases: readonly EntryRelease[], over: Partial<RegistryEntry> = {}): RegistryEntry {
  const row = { ...ENTRY, releases, ...over };
  memory.rows.set('window-level', row);
  return row;
}

const OLD = released('1.0.0');
const ITS_REQUEST = { ...REQUEST, parameters: { level: 5 } };

describe('a request that names a version', () => {
  it('is checked against its frozen contract, and goes to its queue', async () => {
    serve([OLD]);
    const answer = await post(app, ITS_REQUEST, { url: '/process/window-level@1.0.0' });
    expect(answer.statusCode).toBe(202);
    expect(answer.json()).toMatchObject({ version: '1.0.0' });
    expect(memory.queues.get(OLD.queue_url)).toMatchObject([{ version: '1.0.0', parameters: { level: 5 } }]);
    expect(memory.queues.has(QUEUE)).toBe(false);
    expect(memory.record(JOB)).toMatchObject({ version: '1.0.0', line: 'window-level-v1-0-0' });
  });

  it.each([
    ['window-level@1.0.0', REQUEST, ['/parameters/center', '/parameters/width']],
    ['window-level@1.2.0', ITS_REQUEST, ['/parameters/level']],
    ['window-level', ITS_REQUEST, ['/parameters/level']],
  ])('%s with the parameters of another version: 422', async (target, body, pointers) => {
    serve([OLD]);
    const answer = await post(app, body, { url: `/process/${target}` });
    expect(answer.statusCode).toBe(422);
    expect(answer.json().errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual(expect.arrayContaining([...pointers]));
  });

  it.each([
    ['1.2.0', 202, QUEUE],
    ['1.1.0', 404, undefined],
    ['9.9.9', 404, undefined],
    ['0.9.0', 410, undefined],
  ])('%s: %i', async (version, status, queue) => {
    serve([OLD, { version: '0.9.0', yanked: true }]);
    const answer = await post(app, REQUEST, { url: `/process/window-level@${version}` });
    expect(answer.statusCode).toBe(status);
    if (queue) expect(memory.queues.get(queue)).toHaveLength(1);
    else expect(answer.json().detail).toMatch(/; 1\.2\.0, 1\.0\.0 are\.$/);
    expect(answer.headers.deprecation).toBeUndefined();
  });

  it('that is deprecated: the header of RFC 9745, a date in seconds, and a warning in the record', async () => {
    serve([released('1.0.0', { deprecated_at: '2023-07-01T00:00:00.500Z' })]);
    const answer = await post(app, ITS_REQUEST, { url: '/process/window-level@1.0.0' });
    expect(answer.statusCode).toBe(202);
    expect(answer.headers.deprecation).toBe('@1688169600');
    expect(answer.json().admission.warnings).toEqual([
      'version 1.0.0 of window-level is deprecated since 2023-07-01 and will go; 1.2.0 is the default',
    ]);
    const other = await post(app, { ...REQUEST, job_id: 'job-2' });
    expect(other.headers.deprecation).toBeUndefined();
    expect(other.json().admission.warnings).toEqual([]);
  });

  it('the job stays known under its id when the version is yanked meanwhile', async () => {
    serve([OLD]);
    await post(app, ITS_REQUEST, { url: '/process/window-level@1.0.0' });
    serve([{ version: '1.0.0', yanked: true }]);
    expect((await post(app, ITS_REQUEST, { url: '/process/window-level@1.0.0' })).statusCode).toBe(202);
    expect((await post(app, { ...ITS_REQUEST, job_id: 'job-2' }, { url: '/process/window-level@1.0.0' })).statusCode).toBe(410);
  });
});

describe('a row that failed', () => {
  it('is served by what ran before', async () => {
    serve([], { status: 'failed', reason: 'case abdomen: Dice 0.4' });
    expect((await post(app, REQUEST)).statusCode).toBe(202);
    expect(memory.queues.get(QUEUE)).toHaveLength(1);
  });

  it('and never ran is 409 with the reason', async () => {
    const { queue_url: _, parameters: __, input: ___, ...rest } = ENTRY;
    memory.rows.set('window-level', { ...rest, status: 'failed', reason: 'The case abdomen differs.' } as RegistryEntry);
    const answer = await post(app, REQUEST);
    expect(answer.statusCode).toBe(409);
    expect(answer.json().detail).toContain('The case abdomen differs.');
    expect(memory.jobCount).toBe(0);
  });
});

describe('weights', () => {
  const SAME = { entry: ENTRY.entry };
  const versionOf = (row: RegistryEntry, key: string) => {
    const served = versionFor(row, undefined, key);
    if (served instanceof Problem) throw served;
    return served.entry.version;
  };
  const keys = Array.from({ length: 20_000 }, (_, index) => jobKey({ client_id: 'clinic-a', job_id: `job-${index}` }));

  it.each([
    [[20], [0.2, 0.8]],
    [
      [5, 30],
      [0.05, 0.3, 0.65],
    ],
    [
      [0, 100],
      [0, 1, 0],
    ],
    [
      [50, 50],
      [0.5, 0.5, 0],
    ],
    [[], [1]],
  ] as const)('%j share the jobs as they say', (weights, shares) => {
    const releases = weights.map((weight, index) => released(`1.0.${index}`, { ...SAME, weight }));
    const row = serve(releases);
    const counts = Map.groupBy(keys, (key) => versionOf(row, key));
    const found = [...releases.map(({ version }) => version), '1.2.0'].map((version) => (counts.get(version)?.length ?? 0) / keys.length);
    for (const [index, share] of shares.entries()) expect(Math.abs((found[index] ?? 0) - share)).toBeLessThan(0.015); // 5 sigma of 20,000
  });

  it('one job comes to one version, in whatever order the row has them; a yanked one and another major never', () => {
    const release = fc.record({
      minor: fc.integer({ min: 0, max: 30 }),
      major: fc.constantFrom(1, 1, 1, 2),
      weight: fc.integer({ min: 0, max: 20 }),
      yanked: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.uniqueArray(release, { selector: ({ minor }) => minor, maxLength: 5 }), fc.string(), (some, key) => {
        const releases = some.map(({ minor, major, weight, yanked }): EntryRelease => {
          const version = `${major}.0.${minor}`;
          return yanked ? { version, yanked: true } : released(version, { weight });
        });
        const chosen = versionOf({ ...ENTRY, releases }, key);
        expect(versionOf({ ...ENTRY, releases: releases.toReversed() }, key)).toBe(chosen);
        const one = releases.find(({ version }) => version === chosen);
        expect(one?.yanked).toBeUndefined();
        expect(chosen).toMatch(/^1\./);
        expect(one === undefined || (one as ServedRelease).weight !== 0).toBe(true);
      }),
    );
  });

  it('changed between a request and its repeat: the record decides, also where its message is still to be sent', async () => {
    serve([released('1.0.0', { ...SAME, weight: 100 })]);
    memory.fail = (call) => (call === 'requests.send' ? Object.assign(new Error('gone'), { name: 'TimeoutError' }) : undefined);
    expect((await post(app, REQUEST)).statusCode).toBeGreaterThanOrEqual(500);
    memory.fail = () => undefined;
    serve([released('1.0.0', { ...SAME, weight: 0 })]);
    const answer = await post(app, REQUEST);
    expect(answer.json()).toMatchObject({ version: '1.0.0', state: 'queued' });
    expect(memory.queues.get(OLD.queue_url)).toHaveLength(1);
    expect(memory.queues.has(QUEUE)).toBe(false);
  });
});

describe('the queue of a job that is known', () => {
  const record = (over: Partial<JobRecord>) => ({ algorithm: 'window-level', version: '1.0.0', ...over }) as JobRecord;
  it.each([
    ['the line of its version', record({ line: OLD.line }), OLD.queue_url],
    ['the default one', record({ version: '1.2.0', line: 'window-level' }), QUEUE],
    ['of before there were lines', record({}), QUEUE],
    ['that of its major, where its line is gone', record({ version: '1.1.0', line: 'window-level-v1-1-0' }), QUEUE],
    ['none, where its major is gone', record({ version: '2.0.0', line: 'window-level_v2' }), undefined],
  ])('is %s', (_, job, url) => {
    expect(queueOf(serve([OLD]), job)).toBe(url);
  });
});
