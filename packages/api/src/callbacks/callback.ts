/** One try of a callback: what it says, how it is signed, and what follows from the answer. */
import { randomBytes } from 'node:crypto';
import { isEnd, type JobEvent, type JobRecord, type JobTable } from '@mip/registry';
import { Webhook } from 'standardwebhooks';
import { isEndOf } from '../notifier.ts';
import type { Answered, Letter } from './post.ts';
import { delayAfter } from './schedule.ts';

export interface CallbackPorts {
  readonly jobs: Pick<JobTable, 'get' | 'noteCallback'>;
  /** What the callbacks of a client are signed with, the newest first; none for a client without a secret. */
  secrets(clientId: string): Promise<readonly string[]>;
  post(url: string, letter: Letter): Promise<Answered>;
  readonly now: () => Date;
}

/** What a try came to. `again`: seconds until the next; undefined in `failed`: there is none, and the message is to go to the dead letters. */
export type Outcome = { readonly is: 'delivered' | 'gone' | 'needless' } | { readonly is: 'failed'; readonly again: number | undefined };

type Callback = NonNullable<JobRecord['callback']>;
type Tried = Answered | { readonly reason: 'no-secret'; readonly status?: never };

const GONE = 410;

/** @param tries how often it was tried, with this time. @throws where the record or the secret cannot be read just now. */
export async function callBack(ports: CallbackPorts, event: JobEvent, tries: number): Promise<Outcome> {
  const record = await ports.jobs.get(event);
  const url = record?.callback_url;
  const ofTheEnd = isEnd(event.type);
  if (!record || url === undefined || (ofTheEnd && (!isEndOf(event, record) || record.callback?.state === 'delivered')))
    return { is: 'needless' };
  const secrets = await ports.secrets(record.client_id);
  const tried: Tried =
    secrets.length > 0 ? await ports.post(url, traced(letterOf(event, secrets, ports.now()), record)) : { reason: 'no-secret' };
  const outcome = outcomeOf(tried, tries);
  if (ofTheEnd) await ports.jobs.noteCallback(record, stateOf(outcome, tried, { tries, now: ports.now() }));
  return outcome;
}

/** As Standard Webhooks has it: the id is the event's, the same at every try; the signature of a secret that goes is behind that of the one that comes. */
export function letterOf(event: JobEvent, secrets: readonly string[], now: Date): Letter {
  const body = JSON.stringify(event);
  return {
    headers: {
      'content-type': 'application/json',
      'user-agent': 'MIP',
      'webhook-id': event.event_id,
      'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
      'webhook-signature': secrets.map((secret) => new Webhook(secret).sign(event.event_id, now, body)).join(' '),
    },
    body,
  };
}

/** As a step of the trace that the client's request was part of; of the job's own where it said nothing. */
function traced(letter: Letter, { traceparent, trace_id }: JobRecord): Letter {
  const trace = traceparent?.slice(3, 35) ?? trace_id;
  const step = `00-${trace}-${randomBytes(8).toString('hex')}-01`;
  return trace === undefined ? letter : { ...letter, headers: { ...letter.headers, traceparent: step } };
}

function outcomeOf(tried: Tried, tries: number): Outcome {
  const { status = 0 } = tried;
  if ('reason' in tried) return { is: 'failed', again: delayAfter(tries) };
  if (status >= 200 && status < 300) return { is: 'delivered' };
  return status === GONE ? { is: 'gone' } : { is: 'failed', again: delayAfter(tries) };
}

function stateOf(outcome: Outcome, tried: Tried, { tries, now }: { tries: number; now: Date }): Callback {
  const pending = outcome.is === 'failed' && outcome.again !== undefined;
  return {
    state: outcome.is === 'delivered' ? 'delivered' : pending ? 'pending' : 'failed',
    attempts: tries,
    last_at: now.toISOString(),
    ...(tried.status !== undefined && { last_status: tried.status }),
    ...('reason' in tried && { reason: tried.reason }),
  };
}
