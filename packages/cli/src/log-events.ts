/** Reads CloudWatch Logs: several log groups as one stream of events in the order of their time, and on as they come. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type CloudWatchLogsClient, paginateFilterLogEvents, ResourceNotFoundException } from '@aws-sdk/client-cloudwatch-logs';

export interface LogEvent {
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly group: string;
  readonly stream: string;
  readonly message: string;
}

export interface LogQuery {
  readonly groups: readonly string[];
  /** Streams whose name begins so. */
  readonly prefix?: string | undefined;
  /** Milliseconds since 1970. */
  readonly since: number;
}

type Client = Pick<CloudWatchLogsClient, 'send'>;

/** An event may show up this much later than its time says. */
const LATE_MS = 15_000;
const LOOK_EVERY_MS = 1000;

/** A group that is not there has no events: what writes to it has not run yet. */
export async function* readEvents(client: Client, { groups, ...query }: LogQuery): AsyncGenerator<LogEvent> {
  yield* merged(groups.map((group) => eventsIn(client, group, query)));
}

/** What `readEvents` gives, and then what comes, until the signal. */
export async function* followEvents(client: Client, query: LogQuery, signal: AbortSignal): AsyncGenerator<LogEvent> {
  let shown = new Map<string, number>();
  let { since } = query;
  let latest = since;
  while (!signal.aborted) {
    for await (const event of readEvents(client, { ...query, since })) {
      if (signal.aborted) return;
      if (shown.has(event.id)) continue;
      shown.set(event.id, event.at);
      latest = Math.max(latest, event.at);
      yield event;
    }
    since = Math.max(since, latest - LATE_MS);
    shown = new Map([...shown].filter(([, at]) => at >= since));
    await sleep(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
}

async function* eventsIn(client: Client, group: string, { prefix, since }: Omit<LogQuery, 'groups'>): AsyncGenerator<LogEvent> {
  const input = { logGroupName: group, startTime: since, ...(prefix && { logStreamNamePrefix: prefix }) };
  try {
    for await (const page of paginateFilterLogEvents({ client: client as CloudWatchLogsClient }, input))
      for (const { eventId = '', timestamp = 0, logStreamName = '', message = '' } of page.events ?? [])
        if (logStreamName.startsWith(prefix ?? '')) yield { id: eventId, at: timestamp, group, stream: logStreamName, message };
  } catch (error) {
    if (!(error instanceof ResourceNotFoundException)) throw error;
  }
}

/** Each source is in order; so is what comes of them. */
async function* merged(sources: readonly AsyncGenerator<LogEvent>[]): AsyncGenerator<LogEvent> {
  const heads = await Promise.all(sources.map(async (source) => ({ source, next: await source.next() })));
  for (;;) {
    const open = heads.filter(({ next }) => !next.done);
    if (open.length === 0) return;
    const first = open.reduce((a, b) => ((a.next.value as LogEvent).at <= (b.next.value as LogEvent).at ? a : b));
    yield first.next.value as LogEvent;
    first.next = await first.source.next();
  }
}
