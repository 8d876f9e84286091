/** `scale`, `drift` and `rollback` with the real actions: what somebody, or a schedule, starts beside the pull requests. */
import { expect, it, vi } from 'vitest';
import { entryFiles, entryPath } from '../actions/catalog.ts';
import { setVisibility, tasks } from './region.ts';
import { type Runner, roleOf, runnerForEachTest } from './runner.ts';

vi.setConfig({ testTimeout: 120_000 });

let runner: Runner;
runnerForEachTest(['seg', 'other'], (opened) => {
  runner = opened;
});

const repository = () => runner.place.github.repository;

it('scale sets a number of tasks for a while, with its own role', async () => {
  expect((await runner.place.reconcile()).code).toBe(0);
  const { code, jobs, log } = await runner.dispatch('scale', { algorithm: 'seg', count: '3', duration: '90m', permanent: 'false' });
  expect(code, log).toBe(0);
  expect(Object.keys(jobs)).toEqual(['override']);
  expect(jobs.override?.outputs['2.until']).toMatch(/^\d{4}-\d\d-\d\dT/);
  expect(jobs.override?.summary).toContain('### seg: 3 tasks until');
  expect([await tasks(runner.place, 'seg'), await tasks(runner.place, 'other')]).toEqual([3, 0]);
  expect(runner.identity.assumed).toEqual([roleOf('SCALE')]);
});

it('scale for good opens a pull request, and touches no cloud', async () => {
  const { code, jobs, log } = await runner.dispatch('scale', { algorithm: 'seg', count: '4', duration: '2h', permanent: 'true' });
  expect(code, log).toBe(0);
  expect(Object.keys(jobs)).toEqual(['propose']);
  const [opened] = repository().pullRequests;
  expect(jobs.propose?.outputs['1.pull-request']).toBe(String(opened?.number));
  expect(repository().file(opened?.head.ref ?? '', entryPath('seg'))).toContain('scaling: { min: 4');
  expect(runner.identity.assumed).toEqual([]);
});

it('drift opens its issue, and closes it when all is as in Git again', async () => {
  expect((await runner.place.reconcile()).code).toBe(0);
  await setVisibility(runner.place, 'seg', 77);
  const found = await runner.onSchedule('drift');
  expect(found.code, found.log).toBe(0);
  expect(found.jobs.drift).toMatchObject({ outputs: { '2.drifted': 'true' }, summary: expect.stringContaining('Drift on north') });
  expect(repository().issues).toMatchObject([
    { state: 'open', title: 'Drift on north: 1 algorithm differs from Git', labels: ['mip-drift'] },
  ]);
  await setVisibility(runner.place, 'seg', 900);
  expect((await runner.onSchedule('drift')).code).toBe(0);
  expect(repository().issues).toMatchObject([{ state: 'closed' }]);
  expect(runner.identity.assumed).toEqual([roleOf('PLAN'), roleOf('PLAN')]);
});

it('rollback opens the pull request that puts the release before back, without a role', async () => {
  runner.place.push('main', entryFiles('seg', { version: '1.0.1', cpu: '2048', memory: '4096' }), 'seg 1.0.1');
  const { code, jobs, log } = await runner.dispatch('rollback', { algorithm: 'seg', version: '', method: 'source' });
  expect(code, log).toBe(0);
  expect(jobs.rollback).toMatchObject({ outputs: { '2.version': '1.0.0' }, steps: ['actions/checkout', './actions/rollback'] });
  const [opened] = repository().pullRequests;
  expect(opened).toMatchObject({ title: 'Roll back seg to 1.0.0', login: 'github-actions[bot]', head: { ref: 'mip/rollback/seg-1.0.0' } });
  expect(repository().file('mip/rollback/seg-1.0.0', entryPath('seg'))).toContain('version: 1.0.0');
  expect(runner.identity.assumed).toEqual([]);
});
