/** `catalog-apply` with the real actions: what was merged is built and made so. */
import { ECSClient, TagResourceCommand } from '@aws-sdk/client-ecs';
import { ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { makeTaskAws } from '@mip/reconcile/aws/task-clients';
import { Registry } from '@mip/registry';
import { TAGS } from '@mip/registry/names';
import { describe, expect, it, vi } from 'vitest';
import { Candidates } from '../actions/candidates.ts';
import { entryFile, entryPath, type Files } from '../actions/catalog.ts';
import { sourceFiles } from '../actions/source.ts';
import { StandIn } from '../actions/stand-in.ts';
import type { TestEmulator } from '../emulator.ts';
import { type Runner, roleOf, runnerForEachTest } from './runner.ts';

vi.setConfig({ testTimeout: 120_000 });

let emulator: TestEmulator;
let runner: Runner;
runnerForEachTest(['seg', 'other', 'third'], (opened, its) => {
  runner = opened;
  emulator = its;
});

const bigger: Files = { [entryPath('seg')]: entryFile('seg', { cpu: '2048', memory: '4096' }) };
const withoutThird: Files = { [entryPath('third')]: null };
const states = () => runner.place.github.repository.deployments('north').map(({ statuses }) => statuses.at(-1)?.state);

/** A pull request that was planned and merged. @returns its number. */
async function merged(files: Files): Promise<number> {
  const number = runner.place.propose('change', files);
  expect((await runner.place.plan(number)).code).toBe(0);
  runner.place.github.repository.merge(number, { method: 'squash' });
  return number;
}

async function queues(): Promise<readonly string[]> {
  const { place } = runner;
  const list = new ListQueuesCommand({ QueueNamePrefix: `${place.prefix}-` });
  const { QueueUrls = [] } = await new SQSClient(emulator.connection).send(list);
  return QueueUrls;
}

/** As if an algorithm had been withdrawn an hour earlier: only then are SQS's counts of what is left believed. */
async function letAnHourPass(algorithm: string): Promise<void> {
  const { names } = runner.place;
  const resourceArn = `arn:aws:ecs:eu-central-1:000000000000:service/${names.cluster}/${names.service(algorithm)}`;
  const tags = [{ key: TAGS.withdrawn, value: new Date(Date.now() - 3_600_000).toISOString() }];
  await new ECSClient(emulator.connection).send(new TagResourceCommand({ resourceArn, tags }));
}

describe('a merge', () => {
  it('is built, applied with a role of its own, recorded as a deployment and told on its pull request', async () => {
    const number = await merged(bigger);
    const { code, jobs, log } = await runner.onPush();
    expect(code, log).toBe(0);
    expect(Object.keys(jobs)).toEqual(['build', 'reconcile']);
    expect(jobs.build).toMatchObject({ outputs: { 'build.images': '[]', 'build.conformance': 'nothing' } });
    expect(jobs.build?.steps).not.toContain('actions/attest');
    expect(jobs.reconcile).toMatchObject({
      steps: ['actions/checkout', './actions/reconcile'],
      outputs: { '1.ok': 'true' },
      summary: expect.stringContaining('### north in eu-central-1: applied'),
    });
    expect(runner.identity.assumed[0]).toBe(roleOf('BUILD'));
    expect(new Set(runner.identity.assumed.slice(1))).toEqual(new Set([roleOf('APPLY')]));
    expect(states()).toEqual(['success']);
    const [comment, ...more] = runner.place.github.repository.comments(number);
    expect(more).toEqual([]);
    expect(comment?.body).toMatch(/mip:section:plan[\s\S]*mip:section:result[\s\S]*: applied/);
    expect(await queues()).toHaveLength(6);
  });

  it('that brings a source has its image pushed by digest and attested, and that image is what runs', async () => {
    const standIn = new StandIn();
    const candidates = await Candidates.open(runner.place);
    runner.place.push('main', sourceFiles());
    const { code, jobs, log } = await runner.onPush({ programs: standIn.folder, environment: standIn.variables() });
    standIn.remove();
    await candidates.close();
    expect(code, log).toBe(0);
    expect(jobs.build?.steps.slice(-3)).toEqual([
      'What was pushed, as the list that an attestation is about',
      'actions/attest',
      'actions/upload-artifact',
    ]);
    const [image] = JSON.parse(jobs.build?.outputs['build.images'] ?? '');
    expect(image.algorithm).toBe('plus-one');
    expect(jobs.build?.printed).toContain(`attests ${image.image} ${image.digest}`);
    expect(jobs.build?.printed).toContain('uploads conformance-report');
    const registry = new Registry(makeTaskAws(emulator.connection).dynamodb, runner.place.names.table('algorithms'));
    expect((await registry.get('plus-one'))?.image_uri).toContain(`@${image.digest}`);
  });

  it('is not applied by a role that is refused; that is said, and no half of it is left', async () => {
    runner.identity.refused.add(roleOf('APPLY'));
    const { code, jobs, annotations } = await runner.onPush();
    expect(code).toBe(1);
    expect(jobs.build?.result).toBe('success');
    const [error] = annotations.filter(({ job, level }) => job === 'reconcile' && level === 'error');
    expect(error?.message).toMatch(/Not authorized to perform sts:AssumeRoleWithWebIdentity/);
    expect(jobs.reconcile?.summary).toContain('This step failed');
    expect(states()).toEqual(['failure']);
    expect(await queues()).toEqual([]);
  });
});

it('what nobody approved is stopped, until somebody allows it by hand', async () => {
  expect((await runner.place.reconcile()).code).toBe(0);
  runner.place.push('main', withoutThird, 'Straight to main');
  const stopped = await runner.onPush();
  expect(stopped.code).toBe(1);
  expect(stopped.jobs.reconcile?.summary).toContain('This would destroy what nobody approved');
  expect(states()).toEqual(['success', 'failure']);
  expect((await runner.dispatch('catalog-apply', { allow: 'unapproved' })).code).toBe(0);
  expect(states().at(-1)).toBe('pending');
});

describe('every hour', () => {
  it('nothing is done where nothing is left, and no reviewer asked', async () => {
    expect((await runner.place.reconcile()).code).toBe(0);
    const { code, jobs } = await runner.onSchedule('catalog-apply');
    expect({ code, jobs: Object.keys(jobs) }).toEqual({ code: 0, jobs: ['left'] });
    expect(states()).toEqual(['success']);
  });

  it('what had to wait is finished', async () => {
    expect((await runner.place.reconcile()).code).toBe(0);
    await merged(withoutThird);
    expect((await runner.place.reconcile()).code).toBe(0);
    expect(states().at(-1)).toBe('pending');
    await letAnHourPass('third');
    const { code, jobs, log } = await runner.onSchedule('catalog-apply');
    expect(code, log).toBe(0);
    expect(Object.keys(jobs)).toEqual(['left', 'build', 'reconcile']);
    expect(states().slice(1)).toEqual(['pending', 'success']);
    expect(await queues()).toHaveLength(4);
  });
});
