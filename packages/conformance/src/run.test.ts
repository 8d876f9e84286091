import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Launch, Order, Place } from './launch.ts';
import { runCase } from './run.ts';
import { algorithm } from './testing/fixtures.ts';

let output: string;

beforeEach(async () => {
  output = await mkdtemp(join(tmpdir(), 'mip-run-'));
});
afterEach(() => rm(output, { recursive: true, force: true }));

const order = (): Order => ({ subject: algorithm(), parameters: {}, images: ['/in.dcm'], output });

/** A place where a case is this shell script. */
function shell(script: string, changes: Partial<Launch> = {}): Place {
  const launch: Launch = { command: ['/bin/sh', '-c', script], environment: {}, inherits: false, timeoutSeconds: 60, ...changes };
  return { words: 'in a test', launch: () => launch };
}

const outcome = async () => JSON.parse(await readFile(join(output, 'outcome.json'), 'utf8'));

describe('a case', () => {
  it('leaves the outcome that it wrote', async () => {
    await runCase(shell('echo "{}" > ../outcome.json'), order());
    expect(await outcome()).toEqual({});
  });

  it('sees nothing of the environment of whoever runs it', async () => {
    await runCase(shell('env > ../environment; : > ../outcome.json', { environment: { MIP_VERSION: '1' } }), order());
    const names = (await readFile(join(output, 'environment'), 'utf8'))
      .trim()
      .split('\n')
      .map((line) => line.split('=')[0]);
    expect(names.filter((name) => !['PWD', 'OLDPWD', 'SHLVL', '_'].includes(name ?? ''))).toEqual(['MIP_VERSION']);
  });

  it('that takes too long is ended, and its container too', async () => {
    const end = ['/bin/sh', '-c', `: > ${join(output, 'ended')}`] as const;
    await runCase(shell('exec sleep 600', { timeoutSeconds: 0.2, end }), order());
    expect((await outcome()).error).toEqual({ code: 'timeout', message: 'it took longer than 0.2 s', where: '' });
    expect(existsSync(join(output, 'ended'))).toBe(true);
  });

  it.each([
    ['kill -SEGV $$', 'the process was ended by SIGSEGV'],
    ['exit 139', 'the process was ended by SIGSEGV'],
    ['exit 137', 'the process was ended by SIGKILL; it may have needed more than 512 MiB of memory'],
  ])('that ends with %s has failed', async (script, message) => {
    await runCase(shell(script), order());
    expect((await outcome()).error).toEqual({ code: 'internal', message, where: '' });
  });

  it.each<[string, Place, string]>([
    [
      'says why',
      shell('echo first >&2; echo "mip_sdk.case: \x1b[1mno algorithm" >&2; exit 1'),
      'the case did not start: mip_sdk.case: [1mno algorithm',
    ],
    ['says nothing', shell('exit 3'), 'the case did not start: exit code 3'],
    ['leaves without an outcome', shell('true'), 'the case did not start: exit code 0'],
    [
      'has no program',
      { words: '', launch: () => ({ ...shell('').launch(order()), command: ['/no/podman'] }) },
      'there is no /no/podman on this machine',
    ],
  ])('that does not start and %s is no outcome', async (_, place, sentence) => {
    await expect(runCase(place, order())).rejects.toThrow(sentence);
    expect(existsSync(join(output, 'outcome.json'))).toBe(false);
  });
});
