/** The action `scale` as a process: a number of tasks for a while, on a region of an emulator. */
import { DescribeServicesCommand, ECSClient } from '@aws-sdk/client-ecs';
import { makeTaskAws } from '@mip/reconcile/aws/task-clients';
import { leaseFor } from '@mip/reconcile/under-lease';
import { Registry } from '@mip/registry';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { TestEmulator } from '../emulator.ts';
import { platformFile } from './catalog.ts';
import { PLATFORM, Place, type RunOptions } from './place.ts';

let emulator: TestEmulator;
let place: Place;
beforeAll(async () => {
  emulator = await Place.emulator();
  place = await Place.open(emulator, ['seg', 'other']);
  expect((await place.reconcile()).code).toBe(0);
});
afterEach(() => expect(place.github.violations).toEqual([]));
afterAll(async () => {
  await place.close();
  await emulator.stop();
});

const request = (count: string | number, inputs: RunOptions['inputs'] = {}) => ({
  inputs: { platform: PLATFORM, algorithm: 'seg', count, duration: '2h', permanent: 'false', ...inputs },
});
const scale = (count: string | number, { inputs, ...options }: RunOptions = {}) =>
  place.run('scale', { ...request(count, inputs), ...options });

async function tasks(algorithm = 'seg'): Promise<number | undefined> {
  const { cluster, service } = place.names;
  const services = [service(algorithm)];
  return (await new ECSClient(emulator.connection).send(new DescribeServicesCommand({ cluster, services }))).services?.[0]?.desiredCount;
}

const aws = () => makeTaskAws(emulator.connection);
const override = async () => (await new Registry(aws().dynamodb, place.names.table('algorithms')).get('seg'))?.scale_override;

describe('a number of tasks', () => {
  it('runs at once and until its end, which plan respects; then the catalog decides again', async () => {
    const before = Math.floor(Date.now() / 1000) * 1000; // an end is a whole second
    const { code, outputs, summary } = await scale(3);
    expect(code).toBe(0);
    expect(await tasks()).toBe(3);
    expect(await tasks('other')).toBe(0);
    expect(await override()).toEqual({ count: 3, until: outputs.until });
    expect(Date.parse(outputs.until ?? '') - before).toBeGreaterThanOrEqual(2 * 3600_000);
    expect(summary).toContain(`### seg: 3 tasks until ${outputs.until}, then what the catalog says`);
    expect(summary).toContain('| ✅ | <code>eu-central-1</code> | 0 | 3 |  |');
    const planned = await place.run('plan', { inputs: { platform: PLATFORM, offline: 'auto' } });
    expect(planned.outputs.changes).toBe('0');
    expect(planned.summary).toContain(`<code>seg</code>: 3 tasks until ${outputs.until}`);

    const back = await scale('catalog');
    expect({ code: back.code, outputs: back.outputs }).toEqual({ code: 0, outputs: { until: '' } });
    expect(back.summary).toContain('| 3 | 2 |'); // within the catalog's bounds: what scales it takes away what is too much
    expect([await tasks(), await override()]).toEqual([2, undefined]);
  });

  it('that cannot be set in one region is set in the others, and the step is red', async () => {
    const regions = 'regions: [eu-central-1, eu-west-1]';
    const platform = platformFile({ prefix: place.prefix, catalogId: place.prefix }).replace(/regions: .*/, regions);
    place.push('two', { 'catalog/platforms/north.yaml': platform });
    const { code, log, summary, outputs } = await scale(2, { ref: 'two' });
    expect(code).toBe(1);
    expect(await tasks()).toBe(2);
    expect(outputs.until).not.toBe('');
    expect(log).toMatch(/^::error::eu-west-1: /m);
    expect(summary).toMatch(/✅ \| <code>eu-central-1<\/code> .*\n\| ❌ \| <code>eu-west-1<\/code>/);
  });

  it.each([
    ['six', {}, /"six" is no number of tasks: give 0 to 5000, or "catalog"/],
    ['3', { duration: '8d' }, /"8d" is no duration up to 7d: give something like 90m or 2h/],
    ['3', { algorithm: 'othr' }, /the catalog has no algorithm othr; did you mean other\?/],
    ['3', { path: '../..' }, /the input path leads out of the workspace/],
  ])('written as %j with %j is refused in a sentence', async (count, inputs, words) => {
    const { code, log } = await scale(count, { inputs });
    expect({ code, log }).toMatchObject({ code: 1, log: expect.stringMatching(words) });
    expect(log).not.toMatch(/^\s+at /m);
  });

  it('of an algorithm that no apply has made yet is refused', async () => {
    place.push('new', place.catalog(['seg', 'other', 'third']));
    const { code, summary } = await scale(2, { ref: 'new', inputs: { algorithm: 'third' } });
    expect(code).toBe(1);
    expect(summary).toMatch(/❌ \| <code>eu-central-1<\/code> \| {2}\| {2}\| .*third/);
  });
});

describe('AWS', () => {
  it('out of reach is told in a sentence, without a secret', async () => {
    const { code, log } = await scale(2, { environment: { AWS_ENDPOINT_URL: 'http://127.0.0.1:9', AWS_SECRET_ACCESS_KEY: 'hidden' } });
    expect(code).toBe(1);
    expect(log).toMatch(/eu-central-1: .*ECONNREFUSED.*AWS could not be reached/);
    expect(log).not.toContain('hidden');
  });

  it.each(['SIGTERM', 'SIGKILL'] as const)('is not touched by a run that waits for another and is ended by %s', async (signal) => {
    await scale('catalog');
    const before = await tasks();
    const owner = { catalogId: place.prefix, region: 'eu-central-1', names: place.names };
    const lease = await leaseFor(aws(), owner, { commit: 'c0ffee', now: () => new Date(), holder: 'an apply' });
    const running = place.start('scale', request(4));
    await running.said(/Another apply is running \(an apply, commit c0ffee/);
    running.kill(signal);
    await running.done;
    await lease.release();
    expect([await tasks(), await override()]).toEqual([before, undefined]);
  });

  it('is left right by a run that was killed between the row and the tasks, once it runs again', async () => {
    await scale('catalog');
    const running = place.start('scale', request(5));
    while ((await override()) === undefined) await new Promise((resolve) => setTimeout(resolve, 5));
    running.kill('SIGKILL');
    await running.done;
    await place.endLease(); // its minute passes
    expect((await scale(5)).code).toBe(0);
    expect([await tasks(), (await override())?.count]).toEqual([5, 5]);
  });
});
