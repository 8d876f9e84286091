/** Engines that are scripts: what is found, what is said where none answers, and what a task's process leaves behind. */
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { engineIn, engineVariables, findEngine, runEngine } from './container-engine.ts';
import { removeContainers } from './leftovers.ts';
import { WorkerProcess } from './worker-process.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mip-engine-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A program of that name which writes down how it was called. */
function put(name: string, body: string): void {
  writeFileSync(join(folder, name), `#!/bin/sh\necho "$*" >> ${join(folder, 'calls')}\n${body}\n`);
  chmodSync(join(folder, name), 0o755);
}

const here = () => ({ PATH: `${folder}:/usr/bin:/bin` });
const only = () => ({ PATH: folder });
const calls = () => readFileSync(join(folder, 'calls'), 'utf8').trim().split('\n');

describe('an engine', () => {
  it('is the first that answers, or the one that was asked for', async () => {
    put('podman', 'exit 0');
    put('docker', 'exit 0');
    expect(await findEngine({}, here())).toEqual({ name: 'podman', baseImage: undefined, environment: here() });
    expect(await findEngine({ engine: 'docker', baseImage: 'b' }, here())).toMatchObject({ name: 'docker', baseImage: 'b' });
    put('podman', 'exit 1');
    expect(await findEngine({}, here())).toMatchObject({ name: 'docker' });
  });

  it('that is not there, or does not answer, is said in a sentence that says what to do', async () => {
    await expect(findEngine({}, only())).rejects.toThrow(
      /^There is no container engine that answers \(podman: not installed; docker: not installed\)\. Install Podman .* leave --containers out/,
    );
    put('docker', 'echo "Cannot connect to the Docker daemon at unix:///var/run/docker.sock." >&2; exit 1');
    await expect(findEngine({ engine: 'docker' }, here())).rejects.toThrow('(docker: Cannot connect to the Docker daemon at unix:///');
  });

  it('that fails is quoted with its last words', async () => {
    put('podman', 'echo "step 1" >&2; echo "no space left on device" >&2; exit 125');
    const engine = { name: 'podman' as const, baseImage: undefined, environment: here() };
    await expect(runEngine(engine, ['build', '.'])).rejects.toThrow(/^podman build failed: step 1\nno space left on device$/);
  });

  it('is known to another terminal by the environment, and a local cloud without one says so', () => {
    const engine = { name: 'podman' as const, baseImage: 'my/base', environment: {} };
    const told = engineVariables(engine);
    expect(engineIn(told)).toEqual({ ...engine, environment: told });
    expect(engineIn({ ...told, ...engineVariables(undefined) })).toBeUndefined();
    expect(engineIn({})).toBeUndefined();
  });
});

describe('containers', () => {
  it('of an agent that died are removed, and those of nobody else', async () => {
    put('podman', 'case "$1" in ps) echo one; echo two;; esac');
    await removeContainers({ name: 'podman', baseImage: undefined, environment: here() }, '/home/me/.mip');
    expect(calls()).toEqual(['ps --all --quiet --filter label=mip.home=/home/me/.mip', 'rm --force --time 0 one two']);
  });

  it.each(['ends by itself', 'is told to stop'])('go with their process, which the engine may outlive, when it %s', async (how) => {
    put('podman', '[ "$1" != run ] || [ "$2" = brief ] || exec sleep 60');
    const command = [join(folder, 'podman'), 'run', ...(how === 'ends by itself' ? ['brief'] : [])];
    const end = [join(folder, 'podman'), 'rm', '--force', 'mip-1'] as const;
    const started = Promise.withResolvers<void>();
    const launch = {
      command,
      cwd: folder,
      environment: here(),
      log: join(folder, 'log'),
      stopTimeout: 5,
      end: [...end] as [string, ...string[]],
    };
    const process = new WorkerProcess(async () => launch, started.resolve);
    await started.promise;
    if (how === 'is told to stop') await process.stop();
    await process.ended;
    expect(calls().at(-1)).toBe('rm --force mip-1');
  });
});
