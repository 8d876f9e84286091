/** What of the jobs a recall tells, and of which it is silent. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JobRecord } from './generated/job-record.ts';
import { gatherRecall, type RecalledRecord, recalledJob, roleIn } from './recall.ts';

const DIGEST = `sha256:${'ab'.repeat(32)}`;
const ORDER = { version: '1.2.0', digest: undefined };
const RESULT = {
  name: 'mask.dcm',
  key: `algorithms/seg/jobs/${'0'.repeat(32)}/${'ab'.repeat(8)}/mask.dcm`,
  sha256: 'cd'.repeat(32),
  media_type: 'application/dicom',
  size: 9,
};

const job = (change: Partial<JobRecord> = {}): RecalledRecord => ({
  client_id: 'clinic-a',
  job_id: 'one',
  state: 'succeeded',
  purpose: 'clinical',
  pacs: { study_uid: '1.2', series_uid: '1.2.3' },
  accepted_at: '2026-01-31T10:00:00.000Z',
  finished_at: '2026-01-31T10:00:05.000Z',
  ran_version: '1.2.0',
  image_digest: DIGEST,
  outcome: 'found',
  results: [RESULT],
  ...change,
});

/** A job without that attribute. */
function without(record: RecalledRecord, ...fields: (keyof RecalledRecord)[]): RecalledRecord {
  return Object.fromEntries(
    Object.entries(record).filter(([name]) => !fields.includes(name as keyof RecalledRecord)),
  ) as unknown as RecalledRecord;
}

const failed = (change: Partial<JobRecord> = {}) =>
  without(job({ state: 'failed', error: { code: 'delivery-refused', message: 'x' }, ...change }), 'outcome', 'results');
const delivery = (stored: number) => ({ pacs: 'hospital', state: 'failed' as const, stored, failed: 1 });

describe('a job', () => {
  it.each<[string, RecalledRecord, ReturnType<typeof roleIn>]>([
    ['that found something', job(), 'made'],
    ['that found nothing', job({ outcome: 'nothing-found', results: [] }), 'made'],
    ['to which the algorithm was not applicable', job({ outcome: 'not-applicable', outcome_reason: 'no-contrast', results: [] }), 'made'],
    ['of another version', job({ ran_version: '1.2.1' }), undefined],
    ['asked of that version, and run by another', { ...job({ ran_version: '1.2.1' }), version: '1.2.0' } as RecalledRecord, undefined],
    ['that no worker has taken', without(job({ state: 'queued' }), 'ran_version', 'outcome', 'results'), undefined],
    ['that failed', failed(), undefined],
    ['that failed when the PACS had some of it', failed({ pacs_delivery: delivery(2) }), 'made'],
    ['that failed when the PACS had nothing of it', failed({ pacs_delivery: delivery(0) }), undefined],
    ['that is dead', failed({ state: 'dead' }), undefined],
    ['that was cancelled', failed({ state: 'cancelled' }), undefined],
    ['that runs', without(job({ state: 'running' }), 'outcome', 'results', 'finished_at'), 'unfinished'],
    ['that was handed back by it', without(job({ state: 'queued' }), 'outcome', 'results', 'finished_at'), 'unfinished'],
    ['of a conformance run', job({ purpose: 'conformance' }), 'left out'],
    ['in the shadow', job({ purpose: 'shadow' }), 'left out'],
  ])('%s', (_, record, role) => {
    expect(roleIn(record, ORDER)).toBe(role);
  });

  it('of another image of the version is none of that image', () => {
    expect(roleIn(job(), { ...ORDER, digest: DIGEST })).toBe('made');
    expect(roleIn(job({ image_digest: `sha256:${'ef'.repeat(32)}` }), { ...ORDER, digest: DIGEST })).toBeUndefined();
    expect(roleIn(without(job(), 'image_digest'), { ...ORDER, digest: DIGEST })).toBeUndefined();
  });

  it('is told with all that finds what it left', () => {
    const { media_type: _, size: __, ...result } = RESULT;
    expect(
      recalledJob(
        job({ pacs_delivery: { pacs: 'hospital', state: 'stored', stored: 1, failed: 0 }, pacs: { study_uid: '1.2', source: 'hospital' } }),
      ),
    ).toEqual({
      ...{
        client_id: 'clinic-a',
        job_id: 'one',
        state: 'succeeded',
        study_uid: '1.2',
        series_uid: null,
        instance_uid: null,
        source: 'hospital',
      },
      ...{ accepted_at: '2026-01-31T10:00:00.000Z', ended_at: '2026-01-31T10:00:05.000Z', image_digest: DIGEST },
      ...{
        outcome: 'found',
        outcome_reason: null,
        results: [result],
        delivered: { pacs: 'hospital', state: 'stored', stored: 1, failed: 0 },
      },
    });
  });
});

const record = fc.record({
  client_id: fc.constantFrom('a', 'b', 'c-1'),
  job_id: fc.string({ minLength: 1, maxLength: 8, unit: fc.constantFrom('a', 'b', '-', '1') }),
  state: fc.constantFrom('succeeded', 'failed', 'running', 'dead', 'queued'),
  purpose: fc.constantFrom('clinical', 'conformance', 'shadow'),
  study: fc.constantFrom('1', '2', '3'),
  second: fc.integer({ min: 10, max: 59 }),
  ran_version: fc.constantFrom('1.2.0', '1.2.1', undefined),
});

it('lists every job once, under its client, in the order of acceptance, and the same however the pages come', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(record, { selector: ({ client_id, job_id }) => `${client_id} ${job_id}` }),
      fc.nat(),
      async (all, turn) => {
        const records = all.map(({ study, second, state, ...own }) => {
          const whole = job({
            ...own,
            state,
            pacs: { study_uid: study },
            accepted_at: `2026-01-31T10:00:${second}.000Z`,
          } as Partial<JobRecord>);
          return state === 'succeeded' ? whole : without(whole, 'outcome', 'results');
        });
        const gather = (from: readonly RecalledRecord[]) => gatherRecall(stream(from), ORDER);
        const rotated = [...records.slice(turn % (records.length || 1)), ...records.slice(0, turn % (records.length || 1))];
        const { clients, left_out } = await gather(records);
        const again = await gather(rotated);
        const told = (found: typeof clients) => found.flatMap(({ made, unfinished }) => [...made, ...unfinished].map((one) => one.job));
        expect(told(again.clients)).toEqual(told(clients));
        const named = (one: { client_id: string; job_id: string }) => `${one.client_id} ${one.job_id}`;
        const ofVersion = records.filter(({ ran_version, state }) => ran_version === '1.2.0' && state !== 'failed' && state !== 'dead');
        const clinical = ofVersion.filter(({ purpose }) => purpose === 'clinical');
        expect(told(clients).map(named).sort()).toEqual(clinical.map(named).sort());
        expect(left_out.conformance + left_out.shadow).toBe(ofVersion.length - clinical.length);
        for (const { client_id, made, studies } of clients) {
          const times = made.map((one) => one.job.accepted_at);
          expect(times).toEqual([...times].sort());
          expect(studies).toBe(new Set(clinical.filter((one) => one.client_id === client_id).map(({ pacs }) => pacs.study_uid)).size);
        }
        expect(clients.map(({ client_id }) => client_id)).toEqual([...new Set(clinical.map(({ client_id }) => client_id))].sort());
      },
    ),
  );
});

async function* stream(records: readonly RecalledRecord[]): AsyncGenerator<RecalledRecord> {
  yield* records;
}

it('keeps about a kilobyte of each of a hundred thousand jobs', async () => {
  async function* many() {
    for (let at = 0; at < 100_000; at += 1) yield job({ job_id: `job-${at}`, parameters: { text: 'x'.repeat(256) } });
  }
  globalThis.gc?.();
  const before = process.memoryUsage().rss;
  const { clients } = await gatherRecall(many(), ORDER);
  expect(clients[0]?.made).toHaveLength(100_000);
  expect(process.memoryUsage().rss - before).toBeLessThan(400 * 1024 * 1024);
});
