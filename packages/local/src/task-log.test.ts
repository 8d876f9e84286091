import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateLogStreamCommand, PutLogEventsCommand, ResourceAlreadyExistsException } from '@aws-sdk/client-cloudwatch-logs';
import { LIMITS } from '@mip/registry/limits';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TaskLog } from './task-log.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mip-task-log-'));
  file = join(folder, 'task.log');
  writeFileSync(file, '');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** CloudWatch Logs as far as it is asked; refuses what AWS refuses. */
class Logs {
  readonly messages: string[] = [];
  readonly streams: string[] = [];
  puts = 0;
  away = false;

  readonly send = async (command: object): Promise<object> => {
    if (this.away) throw new Error('connect ECONNREFUSED');
    if (command instanceof CreateLogStreamCommand) this.#create(command.input.logStreamName ?? '');
    if (command instanceof PutLogEventsCommand) this.#put(command.input);
    return {};
  };

  #create(stream: string): void {
    if (this.streams.includes(stream)) throw new ResourceAlreadyExistsException({ $metadata: {}, message: 'exists' });
    this.streams.push(stream);
  }

  #put({ logStreamName = '', logEvents = [] }: PutLogEventsCommand['input']): void {
    const bytes = logEvents.reduce((sum, { message = '' }) => sum + Buffer.byteLength(message) + 26, 0);
    expect(this.streams).toContain(logStreamName);
    expect(logEvents.length).toBeLessThanOrEqual(LIMITS.logs.putEvents);
    expect(bytes).toBeLessThanOrEqual(LIMITS.logs.putBytes);
    expect(logEvents.every(({ message }) => message)).toBe(true);
    this.messages.push(...logEvents.map(({ message = '' }) => message));
    this.puts += 1;
  }
}

function logOf(logs: Logs, from = 0): TaskLog {
  return new TaskLog({ client: logs as never, file, group: '/ecs/mip-algorithms', stream: 'a/worker/1', from });
}

describe("a task's log", () => {
  it('goes line by line, each once, and half a line when it is whole', async () => {
    const logs = new Logs();
    const log = logOf(logs);
    await log.ship();
    expect([logs.streams, logs.messages]).toEqual([[], []]);
    appendFileSync(file, 'one\n\ntwo\nthr');
    await log.ship();
    await log.ship();
    expect(logs.messages).toEqual(['one', 'two']);
    appendFileSync(file, 'ee\nfo');
    await log.ship();
    expect(logs.messages).toEqual(['one', 'two', 'three']);
    await log.ship({ last: true });
    expect(logs.messages).toEqual(['one', 'two', 'three', 'fo']);
    expect(logs.streams).toEqual(['a/worker/1']);
  });

  it('waits in its file while nothing takes it', async () => {
    const logs = new Logs();
    const log = logOf(logs);
    logs.away = true;
    appendFileSync(file, 'one\n');
    await log.ship();
    appendFileSync(file, 'two\n');
    await log.ship({ last: true });
    logs.away = false;
    await log.ship();
    expect(logs.messages).toEqual(['one', 'two']);
  });

  it('goes on in a stream that is there, after what was shipped before', async () => {
    const logs = new Logs();
    logs.streams.push('a/worker/1');
    appendFileSync(file, 'before\n');
    const log = logOf(logs, 'before\n'.length);
    appendFileSync(file, 'after\n');
    await log.ship();
    expect(logs.messages).toEqual(['after']);
  });

  it('goes in pieces that a call takes', async () => {
    const logs = new Logs();
    const lines = Array.from({ length: 60_000 }, (_, at) => String(at));
    appendFileSync(file, `${lines.join('\n')}\n${'x'.repeat(300_000)}\n`);
    await logOf(logs).ship();
    expect(logs.messages.slice(0, lines.length)).toEqual(lines);
    expect(logs.messages.slice(lines.length).join('')).toBe('x'.repeat(300_000));
    expect(logs.puts).toBeGreaterThan(6);
  });

  it('leaves out what is too far behind, and says so', async () => {
    const logs = new Logs();
    const log = logOf(logs);
    appendFileSync(file, 'x\n'.repeat(5_000_000));
    await log.ship();
    expect(logs.messages).toEqual([`(10000000 bytes of this log were left out: they are in ${file})`]);
    appendFileSync(file, 'later\n');
    await log.ship();
    expect(logs.messages.at(-1)).toBe('later');
  });

  it('ships once at a time, and does not fail without a file', async () => {
    const logs = new Logs();
    const log = logOf(logs);
    appendFileSync(file, 'one\n');
    await Promise.all([log.ship(), log.ship(), log.ship({ last: true }), log.ship()]);
    expect(logs.messages).toEqual(['one']);
    rmSync(file);
    await log.ship({ last: true });
  });
});
