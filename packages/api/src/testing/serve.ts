/**
 * The API over memory on a socket, for those who speak HTTP to it: `node packages/api/src/testing/serve.ts`. It prints its address, and ends
 * with its standard input.
 */
import { createApp } from '../app.ts';
import { ADMIN_KEY, ENTRY, JOB, KEY, OTHER_KEY, PACS, REQUEST } from './fixtures.ts';
import { Memory } from './memory.ts';
import { SEG } from './memory-catalog.ts';

const MOST_BYTES = 262_144;
const RESULT = { name: 'result-0001.dcm', key: 'k', media_type: 'application/dicom', size: 1, sha256: '0'.repeat(64) };

const RUN = { schema: 'run/1', state: 'done', started_at: '2024-01-01T00:00:00.000Z', commit: '0', holder: 'ci', plan: {} };

const memory = new Memory();
memory.admins = [ADMIN_KEY];
memory.addClient(KEY, JOB.client_id);
memory.addClient(OTHER_KEY, 'clinic-b');
for (const algorithm_name of ['window-level', 'seg', 'seg-2']) memory.rows.set(algorithm_name, { ...ENTRY, algorithm_name });
memory.catalog.files.set('catalog/algorithms/window-level.yaml', SEG.replace('name: seg', 'name: window-level'));
memory.records.set('2024-01-01T00:00:00.000Z-aaaaaaaaaaaa', JSON.stringify(RUN));
const errors: string[] = [];
const app = createApp(memory, {
  maxRequestBytes: MOST_BYTES,
  log: { write: (line) => line.includes('"level":"error"') && errors.push(line) },
});

for (const job_id of [JOB.job_id, 'job-2', 'job-3'])
  await app.inject({
    method: 'POST',
    url: '/process/window-level',
    headers: { 'x-api-key': KEY },
    payload: { ...REQUEST, job_id, pacs: PACS },
  });
memory.change(JOB, {
  state: 'succeeded',
  outcome: 'done',
  finished_at: memory.time.toISOString(),
  image_digest: `sha256:${'1'.repeat(64)}`,
  ran_version: '1.2.0',
  results: [RESULT],
});

process.stdout.write(`${await app.listen({ host: '127.0.0.1', port: 0 })}\n`);
process.stdin.resume().on('end', async () => {
  await app.close();
  process.stderr.write(errors.join(''));
  process.exit(errors.length > 0 ? 1 : 0);
});
