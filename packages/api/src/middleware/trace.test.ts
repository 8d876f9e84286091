import { compileSchema } from '@mip/catalog';
import { beforeEach, describe, expect, it } from 'vitest';
import { get, JOB, post, QUEUE, REQUEST, type Setup, setUp } from '../testing/requests.ts';

let { app, memory, lines }: Setup = setUp();
beforeEach(() => {
  ({ app, memory, lines } = setUp());
});

const CLIENTS = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const send = (traceparent?: string) => post(app, REQUEST, traceparent === undefined ? {} : { headers: { traceparent } });
const logged = () => lines.map((line) => JSON.parse(line).trace_id);

describe('a trace', () => {
  it('has one id in the record, the message, the view and the lines of the log about its job', async () => {
    const answer = await send();
    const trace = String(answer.headers['x-request-id']).replaceAll('-', '');
    expect(memory.record(JOB)?.trace_id).toBe(trace);
    expect(memory.queues.get(QUEUE)?.map(({ trace_id }) => trace_id)).toEqual([trace]);
    expect([answer.json().trace_id, (await get(app, '/jobs/job-1')).json().trace_id]).toEqual([trace, trace]);
    expect(logged()).toEqual([trace, trace]);
  });

  it('stays that of the first request when it is repeated', async () => {
    const first = (await send()).json().trace_id;
    expect((await send()).json().trace_id).toBe(first);
    expect(logged()).toEqual([first, first]);
  });

  it('keeps what the client calls its own in the record, and nowhere else', async () => {
    const answer = await send(CLIENTS);
    const record = memory.record(JOB);
    expect(record?.traceparent).toBe(CLIENTS);
    expect(record?.trace_id).not.toBe(CLIENTS.slice(3, 35));
    expect(compileSchema('job-record')(record).faults).toEqual([]);
    const seen = [...lines, answer.body, JSON.stringify([...memory.queues.values()])].join('');
    expect(seen).not.toContain(CLIENTS.slice(3, 35));
  });

  it.each([
    ['another version', CLIENTS.replace('00-', '01-')],
    ['no trace', '00-00000000000000000000000000000000-b7ad6b7169203331-01'],
    ['no parent', '00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01'],
    ['capitals', CLIENTS.toUpperCase()],
    ['more', `${CLIENTS}-more`],
    ['free text', 'Müller, Anna'],
  ])('begins anew where the client sends %s', async (_what, traceparent) => {
    const answer = await send(encodeURI(traceparent));
    expect([answer.statusCode, memory.record(JOB)?.traceparent]).toEqual([202, undefined]);
    expect(memory.record(JOB)?.trace_id).toMatch(/^[0-9a-f]{32}$/);
  });
});
