/** Who gets what: every route × every key, as a table. A route that is missing here fails, and so does a row of a route that is gone. */
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { ROUTES } from './app.ts';
import { SEG } from './testing/memory-catalog.ts';
import { ADMIN_KEY, JOB, KEY, OTHER_KEY, PACS, REQUEST, setUp } from './testing/requests.ts';

const HEADERS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'no key': {},
  'wrong key': { 'x-api-key': `mip_${'c'.repeat(43)}`, 'x-admin-key': `mipadmin_${'c'.repeat(43)}` },
  'key of another': { 'x-api-key': OTHER_KEY },
  'own key': { 'x-api-key': KEY },
  admin: { 'x-admin-key': ADMIN_KEY },
};

/** What a client is asked for: a job of clinic-a that succeeded and has one result. Another's answer is that of a job that is not there. */
const TABLE = `
method  path                      no key  wrong key  key of another  own key  admin
GET     /health                   200     200        200             200      200
GET     /health/ready             200     200        200             200      200
POST    /process/:name            401     401        202             200      401
GET     /jobs                     401     401        200             200      401
GET     /jobs/:job_id             401     401        404             200      401
GET     /jobs/:job_id/results/:file 401   401        404             302      401
DELETE  /jobs/:job_id             401     401        404             409      401
POST    /ws/tickets               401     401        201             201      401
GET     /algorithms               401     401        200             200      200
GET     /algorithms/:name         401     401        200             200      200
POST    /algorithms               401     401        401             401      202
PATCH   /algorithms/:name         401     401        401             401      202
DELETE  /algorithms/:name         401     401        401             401      202
GET     /runs                     401     401        401             401      200
GET     /runs/:id                 401     401        401             401      200
GET     /openapi.json             200     200        200             200      200
GET     /docs                     200     200        200             200      200
GET     /docs/:file               200     200        200             200      200
`;

const RUN = { schema: 'run/1', state: 'done', started_at: '2024-01-01T00:00:00.000Z', commit: '0', holder: 'ci', plan: {} };

/** The parts of a path that are left open. */
const NAMES: Readonly<Record<string, string>> = {
  '/process/:name': '/process/window-level',
  '/algorithms/:name': '/algorithms/window-level',
  '/docs/:file': '/docs/start.js',
  '/runs/:id': `/runs/${RUN.started_at}-aaaaaaaaaaaa`,
  '/jobs/:job_id': '/jobs/job-1',
  '/jobs/:job_id/results/:file': '/jobs/job-1/results/result-0001.dcm',
};

const BODIES: Readonly<Record<string, object>> = {
  'POST /process/:name': { ...REQUEST, pacs: PACS },
  'POST /algorithms': { ...parse(SEG), name: 'new' },
  'PATCH /algorithms/:name': { limitations: 'None is known.' },
};

const ROWS = TABLE.trim()
  .split('\n')
  .slice(1)
  .map((line) => line.split(/\s+/))
  .map(([method = '', url = '', ...statuses]) => ({ method: method as 'GET', url, statuses: statuses.map(Number) }));

async function statusOf({ method, url }: (typeof ROWS)[number], key: string): Promise<number> {
  const { app, memory } = setUp();
  await app.inject({ method: 'POST', url: '/process/window-level', headers: { 'x-api-key': KEY }, payload: REQUEST });
  const results = [{ name: 'result-0001.dcm', key: 'k', media_type: 'application/dicom', size: 1, sha256: '0'.repeat(64) }];
  memory.change(JOB, { state: 'succeeded', results });
  memory.catalog.files.set('catalog/algorithms/window-level.yaml', SEG.replace('seg', 'window-level'));
  memory.records.set(`${RUN.started_at}-aaaaaaaaaaaa`, JSON.stringify(RUN));
  const path = NAMES[url] ?? url;
  const payload = BODIES[`${method} ${url}`];
  return (await app.inject({ method, url: path, headers: HEADERS[key] ?? {}, ...(payload && { payload }) })).statusCode;
}

it('has a row for every route, and no other', () => {
  const named = (rows: readonly { method: string; url: string }[]) => rows.map(({ method, url }) => `${method} ${url}`).sort();
  expect(named(ROWS)).toEqual(named(ROUTES));
});

it.each(ROWS)('$method $url', async (row) => {
  const found = await Promise.all(Object.keys(HEADERS).map((key) => statusOf(row, key)));
  expect(Object.fromEntries(Object.keys(HEADERS).map((key, index) => [key, found[index]]))).toEqual(
    Object.fromEntries(Object.keys(HEADERS).map((key, index) => [key, row.statuses[index]])),
  );
});

it('a wrong admin key is refused though a valid key of a client comes with it', async () => {
  const { app } = setUp();
  const headers = { 'x-api-key': KEY, 'x-admin-key': 'mipadmin_wrong' };
  expect((await app.inject({ method: 'GET', url: '/algorithms', headers })).statusCode).toBe(401);
});
