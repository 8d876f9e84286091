import { expect, it } from 'vitest';
import { plan } from '../reconcile.ts';
import { algorithm, input, run } from '../testing/fixtures.ts';
import { MemoryAws } from '../testing/memory-aws.ts';
import { planAsJson, reportAsJson } from './json.ts';
import { renderPlan, renderReport } from './terminal.ts';

const ESCAPE = String.fromCharCode(27);

it('a plan is lines by algorithm, each with its risk and its cause', async () => {
  const aws = new MemoryAws();
  await run(aws, input([algorithm('seg'), algorithm('gone'), algorithm('stay')]));
  const prepared = await plan(aws, input([algorithm('seg', { cpu: 2048, memory: 4096 }), algorithm('stay')]));
  const text = renderPlan(prepared, { colour: false })
    .replaceAll(/ {2,}/g, ' | ')
    .replaceAll(/sha256:[0-9a-f]+…?/g, 'sha256:…');
  expect(text.split('\n')).toEqual([
    '- gone: 8 to delete',
    ' | - registry-entry | gone | high | no longer in the catalog',
    ' | - scaling | mip-gone | high | no longer in the catalog',
    ' | - service | mip-gone | high | no longer in the catalog',
    ' | - task-definition | mip-gone | high | no longer in the catalog',
    ' | - task-role | mip-eu-central-1-gone-task | high | no longer in the catalog',
    ' | - request-queue | mip-gone-requests.fifo | high | no longer in the catalog',
    ' | - request-queue | mip-gone-requests-dlq.fifo | high | no longer in the catalog',
    ' | - image-repository mip-gone | high | no longer in the catalog',
    '~ seg: 3 to update',
    ' | ~ task-definition | mip-seg | medium catalog/algorithms/seg.yaml:1',
    ' | /cpu | 1024 → 2048',
    ' | /memory | 2048 → 4096',
    ' | ~ service | mip-seg | medium catalog/algorithms/seg.yaml:1',
    ' | /taskDefinition/specHash | sha256:… → sha256:…',
    ' | ~ registry-entry | seg | medium catalog/algorithms/seg.yaml:1',
    ' | /cpu | 1024 → 2048',
    ' | /memory | 2048 → 4096',
    'Cost, USD a month from the fewest to the most tasks, prices of 2026-03-10', // 8 tasks × 0.05678 USD × 730 h
    ' | gone: 0.00 … 331.60 → –',
    ' | seg: 0.00 … 331.60 → 0.00 … 663.19',
    'test in eu-central-1: 1 to change, 1 to destroy, at the same cost sha256:…',
  ]);
});

it('says what is dangerous and what is refused', async () => {
  const aws = new MemoryAws();
  await run(aws, input([algorithm('seg')]));
  const { plan: planned } = await plan(aws, input([algorithm('seg')]));
  const refusals = [{ kind: 'service', name: 'mip-x', algorithm: 'x', reason: 'it is not ours.', cause: null }];
  const text = renderPlan({ plan: { ...planned, refusals }, dangers: ['The catalog is empty.'] }, { colour: false });
  expect(text).toBe(
    `! x is left alone: it is not ours.\n! The catalog is empty.\ntest in eu-central-1: would be refused ${planned.digest}`,
  );
});

it('a report shows only what is not simply done, and counts the rest', async () => {
  const aws = new MemoryAws();
  Object.assign(aws.images, { publish: () => Promise.reject(new Error('no registry')) });
  const report = await run(aws, input([algorithm('seg')]));
  expect(renderReport(report, { colour: false }).split('\n')).toEqual([
    'failed  seg: create image-repository mip-seg: no registry',
    'skipped seg: create request-queue mip-seg-requests-dlq.fifo: because image-repository mip-seg is failed',
    'skipped seg: create request-queue mip-seg-requests.fifo: because image-repository mip-seg is failed',
    'skipped seg: create task-role mip-eu-central-1-seg-task: because image-repository mip-seg is failed',
    'skipped seg: create task-definition mip-seg: because image-repository mip-seg is failed',
    'skipped seg: create service mip-seg: because image-repository mip-seg is failed',
    'skipped seg: create scaling mip-seg: because image-repository mip-seg is failed',
    'skipped seg: create registry-entry seg: because image-repository mip-seg is failed',
    `test in eu-central-1: 1 failed, 7 skipped; ${aws.calls.total} AWS calls`,
  ]);
});

it('has colours only where they were asked for', async () => {
  const aws = new MemoryAws();
  const prepared = await plan(aws, input([algorithm('seg')]));
  expect(renderPlan(prepared, { colour: true })).toContain(ESCAPE);
  expect(renderPlan(prepared, { colour: false })).not.toContain(ESCAPE);
});

it('is JSON that holds the whole plan', async () => {
  const aws = new MemoryAws();
  const prepared = await plan(aws, input([algorithm('seg')]));
  expect(planAsJson(prepared, aws.calls.counts)).toEqual({ plan: prepared.plan, dangers: [], calls: aws.calls.counts });
  const report = await run(aws, input([algorithm('seg')]));
  expect(reportAsJson(report)).toMatchObject({ ok: true, plan: prepared.plan, outcomes: report.outcomes });
});
