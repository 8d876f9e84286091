/**
 * No patient data where it does not belong: an image with a canary in every kind of patient data goes the whole way, well and badly,
 * and then every log, key, name and error message is searched for the canaries.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CloudWatchLogsClient, paginateDescribeLogGroups, paginateFilterLogEvents } from '@aws-sdk/client-cloudwatch-logs';
import { paginateListObjectsV2, S3Client } from '@aws-sdk/client-s3';
import { paginateListQueues, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, describe, expect, it } from 'vitest';
import type { Cloud } from '../cloud.ts';

const root = join(import.meta.dirname, '..', '..');

interface Uids {
  readonly study: string;
  readonly series: string;
  readonly instance: string;
}

/** Registers the tests. What was done on the cloud before is searched too. */
export function describeCanaries(cloud: Cloud): void {
  const scratch = mkdtempSync(join(tmpdir(), 'mip-canary-'));
  let canaries: readonly string[];

  /** Writes a canary image and imports it. */
  function plant(file: string, ...options: string[]): string {
    const path = join(scratch, file);
    const python = join(root, '.venv', 'bin', 'python');
    canaries = JSON.parse(execFileSync(python, ['tests/canary.py', path, ...options], { cwd: root, encoding: 'utf8' }));
    const imported = cloud.mip(['import', path]);
    // One that is cut short is refused, in words that say nothing of the patient.
    if (options.includes('--truncated')) expect(canaries.filter((canary) => (imported.out + imported.err).includes(canary))).toEqual([]);
    else expect(imported.code).toBe(0);
    return path;
  }

  function process(file: string, ...parameters: string[]) {
    return processWith('window-level', file, ...parameters);
  }

  function processWith(algorithm: string, file: string, ...parameters: string[]) {
    const given = parameters.flatMap((parameter) => ['--parameter', parameter]);
    return cloud.mip(['process', algorithm, file, ...given, '--output', join(scratch, 'results', algorithm)]);
  }

  /** The UID among the canaries that has these digits. */
  function canary(digits: string): string {
    return canaries.find((one) => one.includes(digits)) ?? '';
  }

  /** Every place that holds text and no record or image, by name. */
  async function places(): Promise<ReadonlyMap<string, string>> {
    const { connection } = cloud;
    const found = new Map<string, string>([
      ['what mip up printed', cloud.printed],
      ["the emulator's log", readFileSync(join(cloud.home, 'emulator.log'), 'utf8')],
    ]);
    for (const file of readdirSync(join(cloud.home, 'logs'), { recursive: true, withFileTypes: true })) {
      if (file.isFile()) found.set(`the log ${file.name}`, readFileSync(join(file.parentPath, file.name), 'utf8'));
    }
    const s3 = new S3Client({ ...connection, forcePathStyle: true });
    for (const bucket of ['images', 'results']) {
      const keys: string[] = [];
      for await (const page of paginateListObjectsV2({ client: s3 }, { Bucket: `mip-000000000000-${connection.region}-${bucket}` })) {
        keys.push(...(page.Contents ?? []).map(({ Key = '' }) => Key));
      }
      found.set(`the keys of the ${bucket} bucket`, keys.join('\n'));
    }
    const queues: string[] = [];
    for await (const page of paginateListQueues({ client: new SQSClient(connection) }, {})) queues.push(...(page.QueueUrls ?? []));
    found.set('the names of the queues', queues.join('\n'));
    const logs = new CloudWatchLogsClient(connection);
    for await (const groups of paginateDescribeLogGroups({ client: logs }, {})) {
      for (const { logGroupName = '' } of groups.logGroups ?? []) {
        const lines: string[] = [];
        for await (const page of paginateFilterLogEvents({ client: logs }, { logGroupName }))
          lines.push(...(page.events ?? []).map(({ message = '' }) => message));
        found.set(`the log group ${logGroupName}`, lines.join('\n'));
      }
    }
    return found;
  }

  describe('a canary that goes through', () => {
    afterAll(() => rmSync(scratch, { recursive: true, force: true }));

    it('is in the result, which carries its patient', () => {
      const done = process(plant('canary.dcm'), 'center=40', 'width=400');
      expect(done.code, done.err).toBe(0);
      expect(readFileSync(join(scratch, 'results', 'window-level', 'result-0001.dcm'), 'latin1')).toContain('CanaryName');
      expect(canaries.filter((canary) => (done.out + done.err).includes(canary))).toEqual([]);
    });

    it('is in a segmentation, and in no measurement', () => {
      const done = processWith('threshold-ccl', plant('seg.dcm'));
      expect(done.code, done.err).toBe(0);
      const result = (name: string) => readFileSync(join(scratch, 'results', 'threshold-ccl', name), 'latin1');
      expect(result('result-0001.dcm')).toContain('CanaryName');
      const words = done.out + done.err + result('measurements.json') + result('manifest.json');
      expect(canaries.filter((canary) => words.includes(canary))).toEqual([]);
    });

    it.each<[string, readonly string[], readonly string[]]>([
      ['an image that is cut short', ['--truncated'], ['center=40', 'width=400']],
      ['a window that nobody gave', [], ['function=LINEAR']],
      ['a parameter of another type', [], ['center=wide']],
    ])('is not in the words about %s', (_, options, parameters) => {
      const done = process(plant('bad.dcm', ...options), ...parameters);
      expect(done.out + done.err).not.toBe('');
      expect(canaries.filter((canary) => (done.out + done.err).includes(canary))).toEqual([]);
    });

    it('is not in the words about other bytes under its UID', () => {
      const bytes = readFileSync(plant('first.dcm'));
      bytes[bytes.length - 1] = 255 - (bytes.at(-1) ?? 0);
      const other = join(scratch, 'other.dcm');
      writeFileSync(other, bytes);
      const done = cloud.mip(['import', other]);
      expect(done.code).toBe(1);
      expect(done.out).toContain('refused: ');
      expect(canaries.filter((canary) => (done.out + done.err).includes(canary))).toEqual([]);
    });

    it.each([
      [200, (uids: Uids) => `/studies?PatientName=CanaryName*&StudyInstanceUID=${uids.study}`],
      [200, ({ study, series, instance }: Uids) => `/studies/${study}/series/${series}/instances/${instance}`],
      [200, ({ study, series }: Uids) => `/studies/${study}/series/${series}/metadata`],
      [404, ({ study }: Uids) => `/studies/${study}.404/metadata`],
      [404, ({ study, series, instance }: Uids) => `/studies/${study}/series/${series}/instances/${instance}/frames/77`],
      [400, ({ study, series, instance }: Uids) => `/studies/${study}/series/${series}/instances/${instance}/rendered?window=CanaryName`],
    ])('is asked for by DICOMweb, which answers %i', async (status, path) => {
      const uids = { study: canary('71717171'), series: canary('72727272'), instance: canary('73737373') };
      const { MIP_DICOMWEB_URL: url = '', MIP_API_KEY: key = '' } = cloud.environment;
      const answer = await fetch(url + path(uids), { headers: { 'x-api-key': key } });
      await answer.arrayBuffer();
      expect(answer.status).toBe(status);
    });

    it('is in no log, key or name', async () => {
      const searched = await places();
      const hits = [...searched].flatMap(([place, text]) =>
        canaries.filter((canary) => text.includes(canary)).map((canary) => `${canary} in ${place}`),
      );
      expect(hits).toEqual([]);
      // The search looked at something: each of these has lines of its own.
      for (const place of [
        'the keys of the images bucket',
        'the keys of the results bucket',
        'the names of the queues',
        'the log group /aws/lambda/mip-dynamic-router',
      ]) {
        expect(searched.get(place), place).toMatch(/\S/);
      }
      expect([...searched.keys()].filter((place) => place.endsWith('.log')).length).toBeGreaterThanOrEqual(2);
    });

    it('would be found: the search sees a canary that is there', async () => {
      const [canary = ''] = canaries;
      const leak = join(cloud.home, 'logs', 'mip-window-level', 'leak.log');
      writeFileSync(leak, `{"message":"${canary}"}`);
      expect((await places()).get('the log leak.log')).toContain(canary);
      rmSync(leak);
    });
  });
}
