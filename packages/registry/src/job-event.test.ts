import { compileSchema } from '@mip/catalog/schemas';
import { describe, expect, it } from 'vitest';
import vectors from '../../../schemas/vectors/job-events.json' with { type: 'json' };
import { JOB_STATES } from './job.ts';
import { endOf, eventId, isEnd, isTold, type JobEventType, jobEvent } from './job-event.ts';

const NOW = new Date('2026-01-31T10:00:09.000Z');
const RECORD = {
  ...{ client_id: 'viewer', job_id: 'job-1', job_key: '8acfc7ae5007ac85f67471c0753007f3', algorithm: 'grayscale', version: '1.2.0' },
  ...{ delivery: 2, accepted_at: '2026-01-31T10:00:00.000Z', queued_at: '2026-01-31T10:00:01.000Z' },
};
const ENDED = { ...RECORD, finished_at: '2026-01-31T10:00:05.000Z' };
const ERROR = { code: 'timeout', message: 'the job took longer than its limit' } as const;

describe('the id of an event', () => {
  it.each(vectors.events)('$type of delivery $delivery', ({ type, step, event_id, ...of }) => {
    expect(eventId(of, type as JobEventType, step)).toBe(event_id);
  });
});

describe('an event', () => {
  it.each<[JobEventType, object, object, object]>([
    ['job.accepted', RECORD, {}, { at: RECORD.accepted_at }],
    ['job.queued', RECORD, {}, { at: RECORD.queued_at }],
    ['job.running', RECORD, {}, { at: NOW.toISOString() }],
    ['job.progress', RECORD, { progress: 0.5, step: 4 }, { at: NOW.toISOString(), progress: 0.5 }],
    ['job.succeeded', { ...ENDED, outcome: 'nothing-found' }, {}, { at: ENDED.finished_at, outcome: 'nothing-found' }],
    ['job.failed', { ...ENDED, error: ERROR }, {}, { at: ENDED.finished_at, error: ERROR }],
    ['job.dead', { ...ENDED, error: ERROR }, {}, { at: ENDED.finished_at, error: ERROR }],
    ['job.cancelled', { ...ENDED, error: ERROR }, {}, { at: ENDED.finished_at }],
    ['job.recalled', { ...ENDED, outcome: 'found' }, { reason: 'Mirrored.' }, { at: NOW.toISOString(), reason: 'Mirrored.' }],
    ['job.running', RECORD, { trace_id: 'a'.repeat(32) }, { at: NOW.toISOString(), trace_id: 'a'.repeat(32) }],
  ])('%s says what it is about and what happened, and nothing else', (type, record, more, said) => {
    const whole = { ...record, pacs: { study_uid: '1.2.3' }, parameters: { width: 1 }, callback_url: 'https://a.example/' };
    const event = jobEvent(whole as unknown as typeof RECORD, type, NOW, more);
    const { accepted_at, queued_at, ...identity } = RECORD;
    expect(event).toEqual({ schema: 'job-event/1', event_id: expect.stringMatching(/^evt_/), type, ...identity, ...said });
    expect(compileSchema('job-event')(event).faults).toEqual([]);
  });

  it('of an end is the same however late it is told again', () => {
    expect(jobEvent(ENDED, 'job.dead', new Date(0))).toEqual(jobEvent(ENDED, 'job.dead', NOW));
  });
});

it('every state that is an end has an event, and no other has', () => {
  expect(JOB_STATES.map((state) => endOf(state))).toEqual([
    ...[undefined, undefined, undefined],
    ...['job.succeeded', 'job.failed', 'job.cancelled', 'job.dead'],
  ]);
  expect(isEnd('job.dead')).toBe(true);
  expect(isEnd('job.recalled')).toBe(false);
});

it('nobody is told of a conformance job', () => {
  expect([isTold({ client_id: 'viewer' }), isTold({ client_id: 'mip-conformance' })]).toEqual([true, false]);
});
