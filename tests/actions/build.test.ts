/** The action `build` as a process: a stand-in for Docker, a double of GitHub's API, a region on an emulator. */
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BatchGetImageCommand, DescribeRepositoriesCommand, ECRClient, ListTagsForResourceCommand } from '@aws-sdk/client-ecr';
import { load } from 'cheerio';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { TestEmulator } from '../emulator.ts';
import { FULL } from '../full.ts';
import { platformFile } from './catalog.ts';
import { PLATFORM, Place, type RunOptions } from './place.ts';
import { entryFiles, PROGRAM, program, sourceFiles } from './source.ts';
import { PYTHON, StandIn } from './stand-in.ts';

vi.setConfig({ testTimeout: 120_000 }); // an action and a few Python programs each

let emulator: TestEmulator;
let place: Place;
let standIn: StandIn;
let bin: string;
beforeAll(async () => {
  emulator = await Place.emulator();
});
afterAll(() => emulator.stop());
beforeEach(async () => {
  place = await Place.open(emulator, []);
  const platform = platformFile({ prefix: place.prefix, catalogId: place.prefix });
  place.push('main', { ...sourceFiles(), 'catalog/platforms/north.yaml': platform });
  standIn = new StandIn();
  bin = standIn.folder;
});
afterEach(async () => {
  expect(place.github.violations).toEqual([]);
  standIn.remove();
  await place.close();
});

interface Called {
  readonly args: readonly string[];
  readonly stdin?: string;
}

/** What Docker was called with since the test began. */
function calls(): readonly Called[] {
  const log = join(bin, 'log');
  return existsSync(log)
    ? readFileSync(log, 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line))
    : [];
}

function environment(fails = ''): Record<string, string> {
  return { ...standIn.variables(fails), PATH: `${bin}:${process.env.PATH}` };
}

const commitOf = (ref: string) => place.github.repository.commit(ref) ?? '';
const INPUTS = { platform: PLATFORM, engine: 'docker', report: 'report' };

/** For a pull request, as `catalog-pr` does it. */
async function onPullRequest(number: number, { fork = '', fails = '', ...options }: RunOptions & { fork?: string; fails?: string } = {}) {
  const [head, base] = [commitOf('change'), commitOf('main')];
  const payload = {
    pull_request: {
      number,
      head: { sha: head, repo: { full_name: fork || 'octo/catalog' } },
      base: { sha: base, repo: { full_name: 'octo/catalog' } },
    },
  };
  return place.run('build', {
    ref: head,
    event: { name: 'pull_request', payload },
    environment: environment(fails),
    ...options,
    inputs: { ...INPUTS, push: 'false', 'pull-request': number, base, ...options.inputs },
  });
}

const section = (number: number) => {
  const [comment] = place.github.repository.comments(number).filter(({ login }) => login === 'github-actions[bot]');
  return /<!-- mip:section:conformance -->\n(.*)\n<!-- \/mip:section:conformance -->/s.exec(comment?.body ?? '')?.[1] ?? '';
};

const WRONG = program('(image_data.stored + 1) | 4');

describe('a pull request', () => {
  it('that changes a source has it built for all architectures, and its cases run old beside new', async () => {
    const number = place.propose('change', { ...entryFiles({ version: '1.0.1' }), [PROGRAM]: program('image_data.stored + 2 - 1') });
    const { code, outputs, summary, log } = await onPullRequest(number);
    expect(log).toContain('plus-one 1.0.1 against 1.0.0, ran in the image: passed (1 passed)');
    expect(code).toBe(0);
    expect(outputs).toMatchObject({ algorithms: '["plus-one"]', images: '[]', conformance: 'passed', needs: '[]' });
    for (const text of [section(number), summary]) {
      expect(text).toContain('### Conformance: passed, 1 passed');
      expect(text).toContain('| <code>head</code> | ✅ passed | oracle | all 16384 samples equal | the same |');
      expect(text).toContain('[Pictures of every case](https://github.com/octo/catalog/actions/runs/4711#artifacts)');
    }
    const page = load(readFileSync(outputs.report ?? '', 'utf8'));
    expect(
      page('img')
        .toArray()
        .map((image) => image.attribs.alt),
    ).toEqual(['head, source', 'head, old', 'head, new', 'head, difference']);
    expect(calls().map(({ args }) => args.slice(0, 2).join(' '))).toEqual([
      'buildx build',
      'buildx build',
      'buildx build',
      'run --rm',
      'run --rm',
    ]);
    const [old, everywhere, mine] = calls().map(({ args }) => args.join(' '));
    expect(old).toContain(`VERSION=1.0.0 --build-arg REVISION=${commitOf('main')}`);
    expect(everywhere).toContain('--output type=cacheonly');
    expect(mine).toMatch(/--load .* --build-arg VERSION=1\.0\.1 /);
  });

  it('with a wrong result fails, and shows what is wrong', async () => {
    const number = place.propose('change', { ...entryFiles({ version: '1.0.1' }), [PROGRAM]: WRONG });
    const { code, outputs, annotations, log } = await onPullRequest(number);
    expect([code, outputs.conformance]).toEqual([1, 'failed']);
    expect(JSON.parse(outputs.needs ?? '')).toMatchObject([
      { algorithm: 'plus-one', owner: '@OWNER/mip', reasons: [expect.stringMatching(/^head: \d+ of 16384/)] },
    ]);
    expect(annotations).toMatchObject([{ level: 'error', message: 'conformance failed for plus-one' }]);
    expect(section(number)).toContain('### Conformance: failed, 1 failed');
    expect(section(number)).toContain('- ❌ <code>head</code>: the largest difference of a sample is 4, at most 0 is accepted');
    expect(section(number)).toMatch(
      /<code>plus-one\/head<\/code> needs the approval of <code>&#64;OWNER\/mip<\/code>: \d+ of 16384 samples changed/,
    );
    expect(log.replaceAll(/^::debug::.*/gm, '')).not.toContain('    at '); // no stack trace
  });

  if (FULL)
    it('that changes only the entry runs the cases too; one that changes neither runs nothing', async () => {
      const tighter = place.propose('change', { ...entryFiles({ extra: 'change_budget: { max_abs: 1 }\n' }) });
      const { outputs: tightened } = await onPullRequest(tighter);
      expect(tightened).toMatchObject({ algorithms: '["plus-one"]', conformance: 'passed' });
      expect(JSON.parse(tightened.needs ?? '')).toEqual([
        { algorithm: 'plus-one', owner: '@OWNER/mip', reasons: ['the change_budget is another'] },
      ]);
      place.push('change', { ...entryFiles(), 'README.md': 'Words.' });
      rmSync(join(bin, 'log'));
      const { code, outputs } = await onPullRequest(tighter);
      expect([code, outputs, calls()]).toEqual([
        0,
        { algorithms: '[]', images: '[]', conformance: 'nothing', report: '', needs: '[]' },
        [],
      ]);
      expect(section(tighter)).toBe('### Conformance: no algorithm to build, no case to run');
    });

  if (FULL)
    it('from a fork has its results in the summary alone', async () => {
      const number = place.propose('change', { ...entryFiles({ version: '1.0.1' }), [PROGRAM]: program('1 + image_data.stored') });
      const { code, summary } = await onPullRequest(number, { fork: 'mallory/catalog', token: 'read-only' });
      expect(code).toBe(0);
      expect(summary).toContain('### Conformance: passed, 1 passed');
      expect(place.github.requests).toEqual([]);
    });

  it('whose image cannot be built fails with the last lines, and what a Dockerfile prints is no command', async () => {
    const number = place.propose('change', { ...entryFiles({ version: '1.0.1' }), [PROGRAM]: WRONG });
    const { code, outputs, annotations, log } = await onPullRequest(number, { fails: 'VERSION=1.0.1' });
    expect([code, outputs.conformance, outputs.images]).toEqual([1, 'failed', '[]']);
    expect(section(number)).toContain('the image cannot be built: Build plus-one 1.0.1 for amd64 failed');
    expect(section(number)).toContain('there is no such command');
    expect(annotations).toMatchObject([{ level: 'error', message: 'conformance failed for plus-one' }]);
    expect(log).not.toMatch(/^\s*::set-output|##\[/m);
  });

  if (FULL)
    it('whose base cannot be built any more is run all the same, and it is said', async () => {
      const number = place.propose('change', { ...entryFiles({ version: '1.0.1' }), [PROGRAM]: program('1 + image_data.stored') });
      const { code, outputs } = await onPullRequest(number, { fails: 'VERSION=1.0.0' });
      expect([code, outputs.conformance]).toEqual([0, 'passed']);
      expect(outputs.needs).toContain(
        'no case could be compared with the version before: the image of version 1.0.0 cannot be built any more',
      );
      expect(section(number)).toContain('the image of version 1.0.0 cannot be built any more');
    });

  if (FULL)
    it('on a machine whose Python lacks the packages has them installed, by hash, from the lock file of the action', async () => {
      const number = place.propose('change', { ...entryFiles({ version: '1.0.1' }), [PROGRAM]: program('1 + image_data.stored') });
      writeFileSync(join(bin, 'python3'), BARE_PYTHON.replaceAll('PYTHON', PYTHON).replaceAll('LOG', join(bin, 'installed')), {
        mode: 0o755,
      });
      const { code } = await onPullRequest(number);
      expect(code).toBe(0);
      const requirements = join(import.meta.dirname, '..', '..', 'requirements', 'conformance.txt');
      expect(readFileSync(join(bin, 'installed'), 'utf8')).toBe(`--require-hashes --requirement ${requirements}\n`);
    });

  if (FULL)
    it('on a machine without Docker says so', async () => {
      rmSync(join(bin, 'docker'));
      const number = place.propose('change', { [PROGRAM]: WRONG });
      const tools = join(bin, 'tools');
      mkdirSync(tools);
      for (const name of ['git', 'node']) symlinkSync(pathOf(name), join(tools, name));
      const { code, summary } = await onPullRequest(number, { environment: { PATH: `${tools}:${bin}` } });
      expect(code).toBe(1);
      expect(summary).toContain('there is no docker on this machine: install it, or give the input engine another');
    });
});

/** Has no package, and makes an environment whose own Python has them once they were installed. */
const BARE_PYTHON = `#!/bin/sh
case "$2" in
  import*) exit 1 ;;
  venv) mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;
  pip) shift 5; echo "$@" >> LOG ;;
  *) exec PYTHON "$@" ;;
esac
`;

/** Where a program is. */
function pathOf(name: string): string {
  const folders = (process.env.PATH ?? '').split(':');
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path)) ?? '';
}

const push = (options: RunOptions = {}) =>
  place.run('build', { environment: environment(), ...options, inputs: { ...INPUTS, push: 'true', base: '' } });

describe('after the merge', () => {
  const ecr = () => new ECRClient(emulator.connection);
  const repository = () => place.names.repository('plus-one');
  const imageAt = async (tag: string) => {
    const command = new BatchGetImageCommand({ repositoryName: repository(), imageIds: [{ imageTag: tag }] });
    return (await ecr().send(command)).images?.[0];
  };

  it('an image is pushed by digest into a repository of the kind, its version and latest point at it, and a second run has nothing to do', async () => {
    const { code, outputs, log } = await push();
    expect(log).toContain('passed (1 passed)');
    expect(code).toBe(0);
    const [pushed] = JSON.parse(outputs.images ?? '');
    const [version, latest] = await Promise.all([imageAt('v1.0.0'), imageAt('latest')]);
    expect(pushed).toMatchObject({ algorithm: 'plus-one', digest: version?.imageId?.imageDigest });
    expect(pushed.image).toMatch(new RegExp(`/${repository()}:v1\\.0\\.0$`));
    expect(latest?.imageId?.imageDigest).toBe(pushed.digest);
    expect(JSON.parse(version?.imageManifest ?? '').annotations).toMatchObject({
      'mip.tree-hash': expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
      'org.opencontainers.image.version': '1.0.0',
      'org.opencontainers.image.revision': commitOf('main'),
    });
    const [made] = (await ecr().send(new DescribeRepositoriesCommand({ repositoryNames: [repository()] }))).repositories ?? [];
    const { tags } = await ecr().send(new ListTagsForResourceCommand({ resourceArn: made?.repositoryArn }));
    expect(tags).toContainEqual({ Key: 'mip:managed-by', Value: place.prefix });
    expect(place.github.requests).toEqual([]);

    const before = calls().length;
    expect((await push()).outputs).toEqual({ algorithms: '[]', images: '[]', conformance: 'nothing', report: '', needs: '' });
    expect(calls()).toHaveLength(before);
  });

  it('the password goes through standard input, and is in no command line and no log', async () => {
    const { log } = await push();
    const [login] = calls().filter(({ args }) => args[0] === 'login');
    const password = login?.stdin ?? '';
    expect(password.length).toBeGreaterThan(0);
    expect(JSON.stringify(calls().map(({ args }) => args))).not.toContain(password);
    expect(log.replaceAll(`::add-mask::${password}`, '')).not.toContain(password);
    expect(calls().at(-1)?.args[0]).toBe('logout');
  });

  it('what does not pass is not pushed', async () => {
    place.push('main', { ...entryFiles({ version: '1.0.1' }), [PROGRAM]: WRONG });
    const { code, outputs } = await push();
    expect([code, outputs.conformance, outputs.images]).toEqual([1, 'failed', '[]']);
    expect(calls().some(({ args }) => args.join(' ').includes('push=true') || args[0] === 'login')).toBe(false);
    await expect(imageAt('v1.0.1')).rejects.toThrow('does not exist');
  });

  it("a version's tag is never moved: a source that changed without a new version is refused before anything is built", async () => {
    await push();
    const first = (await imageAt('v1.0.0'))?.imageId?.imageDigest;
    place.push('main', { [PROGRAM]: program('1 + image_data.stored') });
    rmSync(join(bin, 'log'));
    const { code, annotations, outputs } = await push();
    expect([code, outputs.images, calls()]).toEqual([1, '[]', []]);
    expect(annotations[0]?.message).toContain('plus-one: source changed without a new version');
    expect((await imageAt('v1.0.0'))?.imageId?.imageDigest).toBe(first);
  });

  it('a push that breaks leaves no tag and no login, and the next run finishes it', async () => {
    const broken = await push({ environment: environment('push=true') });
    expect(broken.code).toBe(1);
    expect(broken.annotations[0]?.message).toContain('plus-one in eu-central-1: Push plus-one 1.0.0 failed');
    expect(calls().at(-1)?.args[0]).toBe('logout');
    expect(await imageAt('v1.0.0')).toBeUndefined();
    expect((await push()).code).toBe(0);
    expect((await imageAt('v1.0.0'))?.imageId?.imageDigest).toMatch(/^sha256:/);
  });
});
