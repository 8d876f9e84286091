import { type JobRecord, jobEvent, nextCallbackSecret, validSecrets } from '@mip/registry';
import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { type CallbackPorts, callBack, letterOf } from './callback.ts';
import type { Answered, Letter } from './post.ts';
import { MOST_TRIES } from './schedule.ts';

const NOW = new Date();
const SECRETS = ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'];
const RECORD = {
  ...{ client_id: 'viewer', job_id: 'job-1', job_key: '8acfc7ae5007ac85f67471c0753007f3', algorithm: 'grayscale', version: '1.2.0' },
  ...{ delivery: 1, state: 'succeeded', finished_at: NOW.toISOString(), outcome: 'done', callback_url: 'https://viewer.example/' },
} as JobRecord;
const END = jobEvent(RECORD, 'job.succeeded', NOW);

function place(answered: Answered, record: JobRecord | undefined = RECORD, secrets: readonly string[] = SECRETS) {
  const noted: unknown[] = [];
  const posted: { url: string; letter: Letter }[] = [];
  const ports: CallbackPorts = {
    jobs: { get: async () => record, noteCallback: async (_job, callback) => void noted.push(callback) },
    secrets: async () => secrets,
    post: async (url, letter) => {
      posted.push({ url, letter });
      return answered;
    },
    now: () => NOW,
  };
  return { ports, noted, posted };
}

describe('an answer', () => {
  const last_at = NOW.toISOString();
  it.each<[Answered, number, object, object]>([
    [{ status: 200 }, 1, { is: 'delivered' }, { state: 'delivered', attempts: 1, last_at, last_status: 200 }],
    [{ status: 204 }, 3, { is: 'delivered' }, { state: 'delivered', attempts: 3, last_at, last_status: 204 }],
    [{ status: 410 }, 1, { is: 'gone' }, { state: 'failed', attempts: 1, last_at, last_status: 410 }],
    [{ status: 302 }, 1, { is: 'failed', again: 5 }, { state: 'pending', attempts: 1, last_at, last_status: 302 }],
    [{ status: 503 }, 2, { is: 'failed', again: 30 }, { state: 'pending', attempts: 2, last_at, last_status: 503 }],
    [{ status: 503 }, MOST_TRIES, { is: 'failed', again: undefined }, { state: 'failed', attempts: MOST_TRIES, last_at, last_status: 503 }],
    [{ reason: 'no-answer' }, 1, { is: 'failed', again: 5 }, { state: 'pending', attempts: 1, last_at, reason: 'no-answer' }],
  ])('%j at try %i', async (answered, tries, outcome, noted) => {
    const at = place(answered);
    expect(await callBack(at.ports, END, tries)).toEqual(outcome);
    expect(at.noted).toEqual([noted]);
    expect(at.posted.map(({ url }) => url)).toEqual(['https://viewer.example/']);
  });
});

it('a client without a secret is not called, and its job says why', async () => {
  const at = place({ status: 200 }, RECORD, []);
  expect(await callBack(at.ports, END, 1)).toEqual({ is: 'failed', again: 5 });
  expect([at.posted, at.noted]).toEqual([[], [expect.objectContaining({ state: 'pending', reason: 'no-secret' })]]);
});

it.each<[string, JobRecord | undefined]>([
  ['is gone', undefined],
  ['has no callback', (({ callback_url: _, ...rest }) => rest)(RECORD)],
  ['was sent again since', { ...RECORD, delivery: 2 }],
  ['has the callback already', { ...RECORD, callback: { state: 'delivered', attempts: 1 } }],
])('of a job that %s nothing is sent', async (_what, record) => {
  const at = { ...place({ status: 200 }) };
  const ports = { ...at.ports, jobs: { ...at.ports.jobs, get: async () => record } };
  expect(await callBack(ports, END, 1)).toEqual({ is: 'needless' });
  expect([at.posted, at.noted]).toEqual([[], []]);
});

it('a recall is sent whatever became of the end, and does not change what the job says of that', async () => {
  const at = place({ status: 500 }, { ...RECORD, callback: { state: 'delivered', attempts: 1 } });
  expect(await callBack(at.ports, jobEvent(RECORD, 'job.recalled', NOW, { reason: 'Mirrored.' }), 1)).toEqual({ is: 'failed', again: 5 });
  expect([at.posted.length, at.noted]).toEqual([1, []]);
});

describe('a letter', () => {
  it('is the event, under its id, with a signature that the library of Standard Webhooks takes', () => {
    const { headers, body } = letterOf(END, SECRETS, NOW);
    expect(new Webhook(SECRETS[0] as string).verify(body, headers)).toEqual(END);
    expect(headers['webhook-id']).toBe(END.event_id);
  });

  it('is signed with both secrets while one takes the place of the other, and then with the new one alone', () => {
    const first = nextCallbackSecret(undefined, NOW);
    const second = nextCallbackSecret(first, new Date(NOW.getTime() + 1000));
    const during = letterOf(END, validSecrets(second, NOW), NOW);
    for (const { current } of [first, second]) expect(new Webhook(current).verify(during.body, during.headers)).toEqual(END);
    const after = letterOf(END, validSecrets(second, new Date(NOW.getTime() + 1000)), NOW);
    expect(new Webhook(second.current).verify(after.body, after.headers)).toEqual(END);
    expect(() => new Webhook(first.current).verify(after.body, after.headers)).toThrow();
  });
});
