import { type JobEvent, type JobRecord, jobEvent } from '@mip/registry';
import { expect, it } from 'vitest';
import { type NotifierPorts, notify } from './notifier.ts';

const NOW = new Date('2026-01-31T10:00:00.000Z');
const RECORD = {
  ...{ client_id: 'viewer', job_id: 'job-1', job_key: '8acfc7ae5007ac85f67471c0753007f3', algorithm: 'grayscale', version: '1.2.0' },
  ...{ delivery: 2, state: 'succeeded', open_state: 'untold', finished_at: NOW.toISOString(), outcome: 'done' },
  callback_url: 'https://viewer.example/',
} as JobRecord;
const END = jobEvent(RECORD, 'job.succeeded', NOW);
const RUNNING = jobEvent(RECORD, 'job.running', NOW);
const RECALLED = jobEvent(RECORD, 'job.recalled', NOW, { reason: 'Mirrored.' });

/** What happened, in order. `fails`: the step that fails. */
function place(record: JobRecord | undefined, fails?: 'push' | 'queue') {
  const steps: string[] = [];
  const step = async (name: string) => {
    if (name === fails) throw new Error('down');
    steps.push(name);
  };
  const ports: NotifierPorts = {
    jobs: { get: async () => record, told: () => step('told') },
    connections: { push: () => step('push') },
    callbacks: { queue: () => step('queue') },
    onPushFault: () => steps.push('push failed'),
  };
  return { ports, steps };
}

const { callback_url: _, ...WITHOUT } = RECORD;
const { open_state: __, ...TOLD } = RECORD;

it.each<[string, JobEvent, JobRecord | undefined, string, readonly string[]]>([
  ['an end', END, RECORD, 'told', ['push', 'queue', 'told']],
  ['an end without a callback', END, WITHOUT, 'told', ['push', 'told']],
  ['an end that was told', END, TOLD, 'told before', []],
  ['an end that the record does not know', END, { ...RECORD, state: 'failed' }, 'not so', []],
  ['the end of a job that was sent again since', END, { ...RECORD, delivery: 3 }, 'not so', []],
  ['the end of a job that is none', END, undefined, 'not so', []],
  ['an event on the way', RUNNING, RECORD, 'told', ['push']],
  ['a recall', RECALLED, TOLD, 'told', ['push', 'queue']],
  ['a recall without a callback', RECALLED, WITHOUT, 'told', ['push']],
  ['a recall of a job that is gone', RECALLED, undefined, 'told', ['push']],
])('%s', async (_what, event, record, became, steps) => {
  const at = place(record);
  expect(await notify(at.ports, event, 1)).toBe(became);
  expect(at.steps).toEqual(steps);
});

it('an end whose callback cannot be queued keeps its mark', async () => {
  const at = place(RECORD, 'queue');
  await expect(notify(at.ports, END, 1)).rejects.toThrow('down');
  expect(at.steps).toEqual(['push']);
});

it('connections that cannot be reached are tried again, and hold up a callback only so long', async () => {
  for (const receives of [1, 2]) await expect(notify(place(RECORD, 'push').ports, END, receives)).rejects.toThrow('down');
  const at = place(RECORD, 'push');
  expect(await notify(at.ports, END, 3)).toBe('told');
  expect(at.steps).toEqual(['push failed', 'queue', 'told']);
});
