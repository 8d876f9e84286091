import { describe, expect, it } from 'vitest';
import { isOpen, JOB_STATES, type JobState, type JobStep, stateAfter, TRANSITIONS } from './job.ts';

/** Every state against every event: the state afterwards, or - where the event changes nothing. */
const TABLE = `
             sent     received  succeeded  failed  handedBack  cancelled  died  redriven
  accepted   queued   running   -          -       queued      cancelled  dead  -
  queued     -        running   succeeded  failed  queued      cancelled  dead  -
  running    -        running   succeeded  failed  queued      cancelled  dead  -
  succeeded  -        -         -          -       -           -          -     -
  failed     -        -         -          -       -           -          -     -
  cancelled  -        -         -          -       -           -          -     -
  dead       -        -         -          -       -           -          -     queued
`;

const [head = [], ...rows] = TABLE.trim()
  .split('\n')
  .map((line) => line.trim().split(/\s+/));
const cells = rows.flatMap(([state, ...states]) =>
  states.map((to, index) => ({ state: state as JobState, event: head[index] as JobStep, to: to === '-' ? undefined : to })),
);

describe("a job's states", () => {
  it('the table of this test has every state and every event', () => {
    expect(rows.map(([state]) => state)).toEqual(JOB_STATES);
    expect(head).toEqual(Object.keys(TRANSITIONS));
  });

  it.each(cells)('$state, $event → $to', ({ state, event, to }) => {
    expect(stateAfter(state, event)).toBe(to);
  });

  it.each([
    ['accepted', true],
    ['queued', true],
    ['running', true],
    ['succeeded', false],
    ['failed', false],
    ['cancelled', false],
    ['dead', false],
  ] as const)('%s is open: %s', (state, open) => {
    expect(isOpen(state)).toBe(open);
  });

  it('a job that is over never changes, unless it is dead and redriven', () => {
    const ends: readonly JobState[] = JOB_STATES.filter((state) => !isOpen(state));
    const changed = cells.filter(({ state, to }) => ends.includes(state) && to !== undefined);
    expect(changed).toEqual([{ state: 'dead', event: 'redriven', to: 'queued' }]);
  });
});
