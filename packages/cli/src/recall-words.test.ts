/** What may be asked of a recall, and how it is told. */
import { gatherRecall, type RecalledRecord } from '@mip/registry';
import { describe, expect, it } from 'vitest';
import { jsonLines, questionOf, type RegionRecall, tableLines } from './recall-words.ts';

const NOW = new Date('2026-06-01T00:00:00.000Z');
const DIGEST = `sha256:${'ab'.repeat(32)}`;

describe('a question', () => {
  it('is about all times, or some', () => {
    expect(questionOf('seg@1.2.0', {}, NOW)).toEqual({
      algorithm: 'seg',
      version: '1.2.0',
      digest: undefined,
      since: new Date('2000-01-01T00:00:00Z'),
      until: NOW,
    });
    expect(questionOf('seg@1.2.0', { digest: DIGEST, since: '2026-01-31', until: '2026-02-01T10:00:00Z' }, NOW)).toMatchObject({
      ...{ digest: DIGEST, since: new Date('2026-01-31T00:00:00Z'), until: new Date('2026-02-01T10:00:00Z') },
    });
  });

  it.each<[string, Parameters<typeof questionOf>[1], RegExp]>([
    ['seg', {}, /names no version: write NAME@VERSION/],
    ['seg@1.2', {}, /names no version/],
    ['seg@01.2.0', {}, /names no version/],
    ['Seg@1.2.0', {}, /names no version/],
    ['seg@1.2.0@1', {}, /names no version/],
    ['seg@1.2.0', { digest: 'sha256:ab' }, /--digest is "sha256:ab"/],
    ['seg@1.2.0', { since: 'yesterday' }, /--since is "yesterday"/],
    ['seg@1.2.0', { since: '2026-02-30' }, /--since is "2026-02-30"/],
    ['seg@1.2.0', { until: '2026-01-31T10:00:00' }, /--until is/],
    ['seg@1.2.0', { since: '2026-02-01', until: '2026-02-01' }, /--since is not before --until/],
  ])('%s %j is refused', (which, options, sentence) => {
    expect(() => questionOf(which, options, NOW)).toThrow(sentence);
  });
});

const RESULT = {
  name: 'mask.dcm',
  key: 'algorithms/seg/jobs/0/1/mask.dcm',
  sha256: 'cd'.repeat(32),
  size: 1,
  media_type: 'application/dicom',
};
const job = (client_id: string, job_id: string, change: Partial<RecalledRecord> = {}): RecalledRecord => ({
  ...{ client_id, job_id, state: 'succeeded', purpose: 'clinical', pacs: { study_uid: '1.2', series_uid: '1.2.3' }, ran_version: '1.2.0' },
  ...{ accepted_at: '2026-01-31T10:00:00.000Z', finished_at: '2026-01-31T10:00:05.000Z', image_digest: DIGEST, outcome: 'found' },
  results: [RESULT, { ...RESULT, name: 'report.json', sha256: 'ef'.repeat(32) }],
  pacs_delivery: { pacs: 'hospital', state: 'stored', stored: 1, failed: 0 },
  ...change,
});

async function found(records: readonly RecalledRecord[]): Promise<readonly RegionRecall[]> {
  async function* stream() {
    yield* records;
  }
  return [
    {
      ...(await gatherRecall(stream(), { version: '1.2.0', digest: undefined })),
      region: 'eu-central-1',
      bucket: 'mip-1-eu-central-1-results',
    },
  ];
}

const question = questionOf('seg@1.2.0', {}, NOW);
const { outcome: _, results: __, finished_at: ___, pacs_delivery: ____, ...OPEN } = job('b', 'runs', { state: 'running' });
const RECORDS = [
  job('b', 'two', { outcome: 'nothing-found', results: [] }),
  job('a', 'one'),
  OPEN,
  job('a', 'test', { purpose: 'conformance' }),
];

it('people see each client, what was made for it, and what may still come', async () => {
  const lines = [...tableLines(question, await found(RECORDS))];
  const text = lines.join('\n');
  expect(lines[0]).toBe('a in eu-central-1: 1 job with a result, 0 not finished, 1 study');
  expect(text.replaceAll(/ +/g, ' ')).toContain(
    `one 2026-01-31T10:00:05.000Z found 1.2 1.2.3 all hospital: 1 stored mask.dcm ${'cd'.repeat(32)} ${RESULT.key}`,
  );
  expect(text).toMatch(new RegExp(`\\n +report\\.json +${'ef'.repeat(32)}`)); // a row of its own
  expect(text).toMatch(/two .*nothing-found/);
  expect(text).toMatch(/Not finished, and may still become a result:\n.*\n?.*runs +running/s);
  expect(lines.slice(-2)).toEqual([
    'seg@1.2.0 in eu-central-1: 2 jobs of 2 clients with a result, 1 not finished.',
    'Left out: 1 for conformance, 0 in the shadow. Results are in the bucket mip-1-eu-central-1-results.',
  ]);
});

it('machines get a line for each job, and one at the end that says that all came', async () => {
  const lines = [...jsonLines(question, await found(RECORDS))].map((line) => JSON.parse(line));
  expect(lines.slice(0, -1).map(({ type, region, client_id, job_id }) => [type, region, client_id, job_id])).toEqual([
    ['made', 'eu-central-1', 'a', 'one'],
    ['made', 'eu-central-1', 'b', 'two'],
    ['unfinished', 'eu-central-1', 'b', 'runs'],
  ]);
  expect(lines[0]).toMatchObject({
    study_uid: '1.2',
    series_uid: '1.2.3',
    instance_uid: null,
    results: [{ name: 'mask.dcm', key: RESULT.key, sha256: RESULT.sha256 }, {}],
  });
  expect(lines.at(-1)).toEqual({
    ...{ type: 'end', schema: 'recall/1', algorithm: 'seg', version: '1.2.0', digest: null },
    ...{ since: '2000-01-01T00:00:00.000Z', until: NOW.toISOString() },
    regions: [
      {
        ...{
          region: 'eu-central-1',
          bucket: 'mip-1-eu-central-1-results',
          made: 2,
          unfinished: 1,
          left_out: { conformance: 1, shadow: 0 },
        },
        clients: [
          { client_id: 'a', made: 1, unfinished: 0, studies: 1 },
          { client_id: 'b', made: 1, unfinished: 1, studies: 1 },
        ],
      },
    ],
  });
});
