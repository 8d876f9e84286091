import { describe, expect, it } from 'vitest';
import { type Action, backoff, decide, isWanted, type Task, type TaskProcess } from './tasks.ts';

const task: Task = { arn: 'task/1', taskDefinition: 'mip-x:1', group: 'service:mip-x' };
const once: Task = { ...task, group: 'candidate:x' };
const running: TaskProcess = { arn: 'task/1', state: 'running', startedAt: 0, failures: 0 };
const starting: TaskProcess = { ...running, state: 'starting' };
const stopping: TaskProcess = { ...running, state: 'stopping' };
const ended = (endedAt: number, failures = 0): TaskProcess => ({ arn: 'task/1', state: 'ended', startedAt: 0, endedAt, failures });

describe('the agent', () => {
  it.each<[string, Task[], TaskProcess[], number, Action[]]>([
    ['starts a task that has no process', [task], [], 0, [{ do: 'start', task, failures: 0 }]],
    ['leaves a task alone whose process runs', [task], [running], 9e9, []],
    ['stops a process whose task is gone', [], [running], 0, [{ do: 'stop', arn: 'task/1' }]],
    ['lets a process work on that asked for it, though its task is gone', [], [{ ...running, protected: true }], 0, []],
    ['forgets one that ended whatever it asked for', [], [{ ...ended(5), protected: true }], 9e9, [{ do: 'forget', arn: 'task/1' }]],
    ['leaves a task alone whose process is being started', [task], [starting], 9e9, []],
    ['stops a process that is being started when its task is gone', [], [starting], 0, [{ do: 'stop', arn: 'task/1' }]],
    ['stops a process once, and keeps it in mind until it has ended', [], [stopping], 9e9, []],
    ['starts nothing beside a process that is being stopped', [task], [stopping], 9e9, []],
    ['forgets a process that ended and whose task is gone', [], [ended(5)], 9e9, [{ do: 'forget', arn: 'task/1' }]],
    ['waits before it restarts a process that ended', [task], [ended(100)], 1099, []],
    ['restarts it after a second', [task], [ended(100)], 1100, [{ do: 'start', task, failures: 1 }]],
    ['tells how one ended that is to run once, and starts it no more', [once], [ended(100)], 9e9, [{ do: 'report', arn: 'task/1' }]],
    ['starts what is to run once', [once], [], 0, [{ do: 'start', task: once, failures: 0 }]],
    ['waits longer each time', [task], [ended(100, 2)], 4099, []],
    ['counts anew once a process has run for a minute', [task], [ended(60_000, 7)], 61_000, [{ do: 'start', task, failures: 1 }]],
  ])('%s', (_, tasks, processes, now, actions) => {
    expect(decide(tasks, processes, now)).toEqual(actions);
  });

  it('never waits longer than 30 s', () => {
    expect([1, 2, 3, 5, 6, 40].map(backoff)).toEqual([1000, 2000, 4000, 16_000, 30_000, 30_000]);
  });

  it.each([
    ['RUNNING', 'RUNNING', true],
    ['PENDING', 'RUNNING', true],
    ['RUNNING', 'STOPPED', false],
    ['STOPPED', 'RUNNING', false],
  ])('gives a task that is %s and should be %s a process: %s', (lastStatus, desiredStatus, wanted) => {
    expect(isWanted({ lastStatus, desiredStatus })).toBe(wanted);
  });
});
