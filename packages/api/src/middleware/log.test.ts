import { beforeEach, describe, expect, it } from 'vitest';
import { get, KEY, post, REQUEST, type Setup, setUp } from '../testing/requests.ts';

let { app, memory, lines }: Setup = setUp();
beforeEach(() => {
  ({ app, memory, lines } = setUp());
});

describe('the log', () => {
  it('has one line for a request, with its route and the key of its job', async () => {
    const answer = await post(app, REQUEST);
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      {
        level: 'info',
        time: expect.stringMatching(/Z$/),
        request_id: answer.headers['x-request-id'],
        method: 'POST',
        route: '/process/:name',
        status: 202,
        milliseconds: expect.any(Number),
        client_id: 'clinic-a',
        job_key: expect.stringMatching(/^[0-9a-f]{32}$/),
        trace_id: String(answer.headers['x-request-id']).replaceAll('-', ''),
        message: 'request',
      },
    ]);
  });

  it('never holds UIDs, parameters, keys, ids of jobs or other words of the client, whatever goes wrong', async () => {
    const canaries = {
      study: '1.9.77001',
      series: '1.9.77002',
      instance: '1.9.77003',
      job: 'CANARY-JOB',
      text: 'CANARY-TEXT',
      trace: '0af7651916cd43dd8448eb211c80319c',
      key: `mip_CANARY${'k'.repeat(37)}`,
    };
    const pacs = { study_uid: canaries.study, series_uid: canaries.series, instance_uid: canaries.instance };
    const body = { job_id: canaries.job, pacs, parameters: { note: canaries.text } };
    const url = `/process/window-level?patient=${canaries.text}`;
    const headers = { 'x-request-id': canaries.text, 'user-agent': canaries.text, traceparent: `00-${canaries.trace}-b7ad6b7169203331-01` };
    const echo = Object.assign(new Error(JSON.stringify(body)), { name: 'ValidationException', input: body });
    for (const failing of ['', 'clients.find', 'registry.get', 'jobs.accept', 'requests.send', 'jobs.markQueued', 'jobs.get']) {
      memory.fail = (name) => (name === failing ? echo : undefined);
      await post(app, body, { url, headers });
      await post(app, { ...body, [canaries.text]: 1, pacs: { ...pacs, study_uid: `${canaries.study}x` } }, { url, headers });
      await post(app, { ...body, parameters: {} }, { url, headers });
      await post(app, `{"PatientName": "${canaries.text}`, { url, headers });
      await post(app, body, { url, headers: { ...headers, 'x-api-key': canaries.key } });
      await get(app, `/jobs/${canaries.job}`);
      await get(app, `/jobs/${canaries.job}/results/${canaries.text}`);
      await get(app, `/${canaries.text}/${canaries.study}`);
      await get(app, `/jobs/%ff${canaries.text}`);
      await get(app, `/jobs/${canaries.text.repeat(50)}`);
      await app.inject({ method: 'PUT', url: `/jobs/${canaries.job}`, payload: canaries.text });
    }
    const log = lines.join('');
    expect(lines.length).toBeGreaterThan(60);
    expect(Object.values(canaries).filter((canary) => log.includes(canary))).toEqual([]);
    expect(log).not.toContain(KEY);
  });
});
