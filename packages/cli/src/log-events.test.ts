import { CloudWatchLogsClient, type FilterLogEventsCommand, ResourceNotFoundException } from '@aws-sdk/client-cloudwatch-logs';
import { describe, expect, it } from 'vitest';
import { followEvents, type LogEvent, readEvents } from './log-events.ts';
import { lineOf } from './log-line.ts';

interface Stored {
  readonly group: string;
  readonly logStreamName: string;
  readonly timestamp: number;
  readonly eventId: string;
  readonly message: string;
}

/** CloudWatch Logs with small pages; like the emulator it does not know `logStreamNamePrefix`. */
class Logs {
  readonly stored: Stored[] = [];
  readonly #page: number;

  constructor(page = 2) {
    this.#page = page;
  }

  add(group: string, stream: string, timestamp: number, message = ''): void {
    this.stored.push({ group, logStreamName: stream, timestamp, message, eventId: String(this.stored.length) });
    this.stored.sort((a, b) => a.timestamp - b.timestamp);
  }

  readonly send = async (command: object) => {
    const { logGroupName, startTime = 0, nextToken = '0' } = (command as FilterLogEventsCommand).input;
    if (logGroupName === 'missing') throw new ResourceNotFoundException({ $metadata: {}, message: 'no such group' });
    const found = this.stored.filter(({ group, timestamp }) => group === logGroupName && timestamp >= startTime);
    const from = Number(nextToken);
    const next = from + this.#page;
    return { events: found.slice(from, next), ...(next < found.length && { nextToken: String(next) }) };
  };
}

const clientOf = (logs: Logs) => Object.assign(new CloudWatchLogsClient({ region: 'eu-central-1' }), { send: logs.send as never });

async function all(events: AsyncIterable<LogEvent>): Promise<string[]> {
  const lines: string[] = [];
  for await (const { group, stream, at } of events) lines.push(`${group} ${stream} ${at}`);
  return lines;
}

describe('events of several groups', () => {
  it('come in the order of their time, page by page; a group that is not there has none', async () => {
    const logs = new Logs();
    for (const at of [1, 4, 5, 9, 10]) logs.add('a', 's', at);
    for (const at of [2, 3, 6]) logs.add('b', 't', at);
    const found = await all(readEvents(clientOf(logs), { groups: ['a', 'missing', 'b'], since: 2 }));
    expect(found).toEqual(['b t 2', 'b t 3', 'a s 4', 'a s 5', 'b t 6', 'a s 9', 'a s 10']);
  });

  it('are those of the streams that were asked for', async () => {
    const logs = new Logs();
    logs.add('a', 'seg/worker/1', 1);
    logs.add('a', 'seg-two/worker/2', 2);
    expect(await all(readEvents(clientOf(logs), { groups: ['a'], prefix: 'seg/', since: 0 }))).toEqual(['a seg/worker/1 1']);
  });

  it('are followed: each comes once, late ones too', async () => {
    const logs = new Logs();
    const ended = new AbortController();
    logs.add('a', 's', 20_000);
    const seen: number[] = [];
    for await (const { at } of followEvents(clientOf(logs), { groups: ['a'], since: 0 }, ended.signal)) {
      seen.push(at);
      if (at === 20_000) {
        logs.add('a', 's', 15_000); // its stream was slow
        logs.add('a', 's', 20_001);
      }
      if (at === 20_001) ended.abort();
    }
    expect(seen).toEqual([20_000, 15_000, 20_001]);
  });

  it('are followed after very many of them', async () => {
    const many = 150_000; // more than a call takes arguments
    const logs = new Logs(many);
    const ended = new AbortController();
    const of = (at: number) => ({ group: 'a', logStreamName: 's', timestamp: at, eventId: String(at), message: '' });
    for (let at = 1; at <= many; at += 1) logs.stored.push(of(at));
    let seen = 0;
    for await (const { at } of followEvents(clientOf(logs), { groups: ['a'], since: 0 }, ended.signal)) {
      seen += 1;
      if (at === many) logs.stored.push(of(many + 1));
      if (at === many + 1) ended.abort();
    }
    expect(seen).toBe(many + 1);
  });
});

describe('a line', () => {
  const at = Date.UTC(2026, 0, 1, 10);
  const event = (group: string, stream: string, message: string): LogEvent => ({ id: '1', at, group, stream, message });

  it.each([
    [
      event(
        '/ecs/mip-algorithms',
        'seg/worker/1',
        '{"time": "t", "level": "info", "event": "job-started", "job_key": "k", "attempts": 0}\n',
      ),
      'seg info job-started job_key=k attempts=0',
    ],
    [
      event('/aws/lambda/mip-dynamic-router', '2026/01/01/[1]x', '{"level":"info","message":"request","status":202}'),
      'mip-dynamic-router info request status=202',
    ],
    [event('/ecs/mip-algorithms', 'seg/worker/1', 'Segmentation fault\u001b[2J'), 'seg Segmentation fault\\x1b[2J'],
    [event('/ecs/mip-algorithms', 'seg/worker/1', '{"half": '), 'seg {"half":'],
    [event('/ecs/mip-algorithms', 'seg/worker/1', '{"no":"level"}'), 'seg {"no":"level"}'],
  ])('%o', (one, words) => {
    expect(lineOf(one)).toBe(`2026-01-01T10:00:00.000Z ${words}`);
  });
});
