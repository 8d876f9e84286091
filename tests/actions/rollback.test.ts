/** The action `rollback` as a process: an earlier release found in Git's history, put back as a pull request. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CreateRepositoryCommand, ECRClient, PutImageCommand } from '@aws-sdk/client-ecr';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { treeHash } from '@mip/catalog';
import { imageFolders } from '@mip/catalog/image-folders';
import { pusher } from '@mip/reconcile/testing/emulated';
import { Registry } from '@mip/registry';
import { TAGS } from '@mip/registry/names';
import { describe, expect, it } from 'vitest';
import type { TestEmulator } from '../emulator.ts';
import { contractFiles, entryFile, entryPath, type Files } from './catalog.ts';
import { placeForEachTest } from './each-test.ts';
import { PLATFORM, type Place, type RunOptions } from './place.ts';

let emulator: TestEmulator;
let place: Place;
placeForEachTest(['other'], (opened, its) => {
  place = opened;
  emulator = its;
});

const SOURCE = 'algorithms/seg';
const FOLDER = {
  [`${SOURCE}/algorithm.py`]: 'first',
  [`${SOURCE}/requirements.txt`]: 'numpy',
  [`${SOURCE}/Dockerfile`]: 'FROM scratch',
  [`${SOURCE}/README.md`]: '# Seg',
  [`${SOURCE}/tests/test_it.py`]: '',
  'algorithms/sdk/mip_sdk/worker.py': 'sdk',
  'algorithms/kernels/kernel.c': 'kernel',
};

const THRESHOLD = '{ threshold: { type: float, default: 1, minimum: 0, maximum: 9, description: Where it cuts. } }';

/** An entry that is built from its source, in people's words. */
function entryOf(version: string, over: Readonly<Record<string, string>> = {}): string {
  const text = entryFile('seg', { version, parameters: THRESHOLD, ...over });
  return `# Ours since ${version}.\n${text.replace(/image_uri: .*/, `source: ${SOURCE} # built by CI`)}`;
}

const released = (version: string, over = {}): Files => ({
  [entryPath('seg')]: entryOf(version, over),
  ...contractFiles(entryOf(version, over)),
});

/** What somebody does in a clone and pushes to `main`, so that modes and links are as there. */
function commit(message: string, files: Files, work: (at: (path: string) => string) => void = () => undefined): string {
  const clone = place.checkOut('main');
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.org', ...args], { cwd: clone });
  const at = (path: string) => join(clone, path);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(at(path)), { recursive: true });
    if (text === null) rmSync(at(path));
    else writeFileSync(at(path), text);
  }
  work(at);
  git('add', '--all');
  git('commit', '--quiet', '--message', message);
  git('push', '--quiet', 'origin', 'HEAD:main');
  return place.github.repository.commit('main') ?? '';
}

/** 1.0.0 with a program and a link, mended without a new version, then 1.1.0, which others merged something after. */
function history(): string {
  commit('seg 1.0.0', { ...released('1.0.0'), ...FOLDER }, (at) => {
    writeFileSync(at(`${SOURCE}/run.sh`), 'first');
    chmodSync(at(`${SOURCE}/run.sh`), 0o755);
    symlinkSync('run.sh', at(`${SOURCE}/start`));
  });
  const last = commit('seg 1.0.0, described', { [`${SOURCE}/README.md`]: '# Segments' });
  const narrower = THRESHOLD.replace('maximum: 9', 'maximum: 5');
  commit('seg 1.1.0', { ...released('1.1.0', { parameters: narrower, cpu: '512' }), [`${SOURCE}/algorithm.py`]: 'second' }, (at) => {
    rmSync(at(`${SOURCE}/start`));
    writeFileSync(at(`${SOURCE}/late.py`), 'late');
    chmodSync(at(`${SOURCE}/run.sh`), 0o644);
  });
  commit('Others', { 'README.md': 'Ours', [entryPath('third')]: entryFile('third'), ...contractFiles(entryFile('third')) });
  return last;
}

const rollBack = ({ inputs, ...options }: RunOptions = {}) =>
  place.run('rollback', { inputs: { platform: PLATFORM, algorithm: 'seg', method: 'source', now: 'false', ...inputs }, ...options });
/** What the check of the pull request says of a branch. */
const faults = async (ref: string) =>
  (await place.run('validate', { ref, inputs: { base: 'origin/main' } })).annotations.filter(({ level }) => level === 'error');
const open = () => place.github.repository.pullRequests.filter(({ state }) => state === 'open');
const changed = (from: string, to: string) => place.git('diff', '--name-status', '--no-renames', from, to).split('\n').sort();

describe('by its source', () => {
  it('the entry and its folder are what they were, modes, links and what was deleted included, and nothing else is another', async () => {
    const last = history();
    const { code, outputs, summary } = await rollBack();
    expect({ code, outputs }).toEqual({ code: 0, outputs: { version: '1.0.0', 'pull-request': '1' } });
    const branch = 'mip/rollback/seg-1.0.0';
    expect(changed('main', branch)).toEqual([
      `A\t${SOURCE}/start`,
      `D\t${SOURCE}/late.py`,
      `M\t${SOURCE}/algorithm.py`,
      `M\t${SOURCE}/run.sh`,
      `M\t${entryPath('seg')}`,
    ]);
    expect(place.git('ls-tree', '-r', branch, `${SOURCE}/`)).toBe(place.git('ls-tree', '-r', last, `${SOURCE}/`));
    expect(place.github.repository.file(branch, entryPath('seg'))).toBe(entryOf('1.0.0'));
    expect(place.git('rev-parse', `${branch}^`)).toBe(place.github.repository.commit('main'));
    const [pullRequest] = open();
    expect(pullRequest?.title).toBe('Roll back seg to 1.0.0');
    expect(pullRequest?.body).toContain('goes back from 1.1.0 to 1.0.0');
    expect(pullRequest?.body).toContain('| compatible | threshold: its maximum was 5 and is 9 |');
    expect(pullRequest?.body).toContain('these fields differ: <code>cpu</code>, <code>parameters</code>');
    expect(summary).toContain('Roll back seg to 1.0.0');
    expect(await faults(branch)).toEqual([]);
  });

  it('what was merged at once is one change: the release before it is what was on the branch itself', async () => {
    commit('seg 1.0.0', { ...released('1.0.0'), ...FOLDER });
    place.push('work', { ...released('1.0.1'), [`${SOURCE}/algorithm.py`]: 'try' });
    place.push('work', { ...released('1.0.2'), [`${SOURCE}/algorithm.py`]: 'second' });
    place.github.repository.merge(place.github.repository.pullRequest({ head: 'work' }));
    const { outputs } = await rollBack();
    expect(outputs.version).toBe('1.0.0');
    expect(place.github.repository.file('mip/rollback/seg-1.0.0', `${SOURCE}/algorithm.py`)).toBe('first');
  });

  it('goes to the last release before the present one, and never to one that was yanked or not released', async () => {
    history();
    commit('seg 1.1.5, never released', { [entryPath('seg')]: entryOf('1.1.5') });
    commit('seg 1.2.0', released('1.2.0', { releases: '[{ version: 1.1.0, yanked: true }]' }));
    expect((await rollBack()).outputs.version).toBe('1.0.0');
    expect((await rollBack({ inputs: { version: '1.1.0' } })).log).toContain('seg 1.1.0 was yanked; choose another release');
    expect((await rollBack({ inputs: { version: '1.1.5' } })).log).toContain('the history has no released version 1.1.5 of seg');
  });

  it('is refused where what else goes into the image changed since: it would be another image under the same tag', async () => {
    history();
    commit('SDK', { 'algorithms/sdk/mip_sdk/worker.py': 'faster' });
    const { code, log } = await rollBack();
    expect(code).toBe(1);
    expect(log).toMatch(/algorithms\/sdk\/mip_sdk changed since seg 1\.0\.0 and goes into its image: .*; use method: image/);
    expect(place.github.repository.branches).toEqual(['main']);
  });

  it.each([
    ['seg', '1.1.0', /seg is at 1\.1\.0 already/],
    ['seg', '1.2.0', /1\.2\.0 is later than 1\.1\.0, the present version of seg; revert the pull request that took it back/],
    ['seg', '0.9.0', /the history has no released version 0\.9\.0 of seg/],
    ['seg', '1.0', /"1\.0" is no version; give one like 1\.0\.0/],
    ['seg', '../../x', /"\.\.\/\.\.\/x" is no version/],
    ['third', '', /the history has no release of third before 1\.0\.0/],
    ['thrd', '', /the catalog has no algorithm thrd; did you mean third\?/],
  ])('%s to %j is refused in a sentence', async (algorithm, version, words) => {
    history();
    const { code, log } = await rollBack({ inputs: { algorithm, version } });
    expect({ code, log }).toMatchObject({ code: 1, log: expect.stringMatching(words) });
    expect(log).not.toMatch(/^\s+at /m);
    expect(place.github.requests).toEqual([]);
  });

  it('is told to fetch the history where only the last commits are there', async () => {
    history();
    const { code, log } = await rollBack({ depth: 1 });
    expect(code).toBe(1);
    expect(log).toMatch(
      /no release of seg before 1\.1\.0; only the last commits were fetched: fetch all of them \(actions\/checkout: fetch-depth: 0\)/,
    );
  });
});

const ecr = () => new ECRClient(emulator.connection);

describe('by its image', () => {
  const DIGEST = 'sha256:[0-9a-f]{64}';

  async function push(tag: string): Promise<void> {
    const repositoryName = place.names.repository('seg');
    await ecr().send(new CreateRepositoryCommand({ repositoryName }));
    const config = { mediaType: 'application/vnd.oci.image.config.v1+json', digest: `sha256:${'a'.repeat(64)}`, size: 2 };
    const imageManifest = JSON.stringify({ schemaVersion: 2, mediaType: 'application/vnd.oci.image.manifest.v1+json', config, layers: [] });
    await ecr().send(new PutImageCommand({ repositoryName, imageTag: tag, imageManifest }));
  }

  it('the entry is what it was but for the image that was released, whatever became of the source', async () => {
    history();
    commit('SDK', { 'algorithms/sdk/mip_sdk/worker.py': 'faster' });
    await push('v1.0.0');
    const { code, outputs } = await rollBack({ inputs: { method: 'image' } });
    expect({ code, outputs }).toEqual({ code: 0, outputs: { version: '1.0.0', 'pull-request': '1' } });
    expect(changed('main', 'mip/rollback/seg-1.0.0')).toEqual([`M\t${entryPath('seg')}`]);
    const lines = place.github.repository.file('mip/rollback/seg-1.0.0', entryPath('seg'))?.split('\n') ?? [];
    const before = entryOf('1.0.0').split('\n');
    const at = before.findIndex((line) => line.startsWith('source:'));
    const image = `image_uri: 000000000000\\.dkr\\.ecr\\.eu-central-1\\.amazonaws\\.com/${place.names.repository('seg')}@${DIGEST} # built by CI`;
    expect(lines[at]).toMatch(new RegExp(`^${image}$`));
    expect(lines.toSpliced(at, 1)).toEqual(before.toSpliced(at, 1));
    expect(open()[0]?.body).toContain(`The folder <code>${SOURCE}</code> stays as it is`);
    expect(await faults('mip/rollback/seg-1.0.0')).toEqual([]);
  });

  it('is refused where ECR has none, and where AWS cannot be reached', async () => {
    history();
    await push('v1.1.0');
    const words = (log: string) => log.match(/^::error::(.*)$/m)?.[1];
    const none = await rollBack({ inputs: { method: 'image' } });
    expect(words(none.log)).toBe(
      `ECR in eu-central-1 has no image ${place.names.repository('seg')}:v1.0.0; use method: source, which builds it again`,
    );
    const away = await rollBack({
      inputs: { method: 'image' },
      environment: { AWS_ENDPOINT_URL: 'http://127.0.0.1:9', AWS_MAX_ATTEMPTS: '1' },
    });
    expect(words(away.log)).toMatch(/ECONNREFUSED.*AWS could not be reached/);
    expect([none.code, away.code]).toEqual([1, 1]);
    expect(place.github.repository.branches).toEqual(['main']);
  });

  it('of one that somebody else built is the entry alone', async () => {
    commit('other 1.1.0', {
      [entryPath('other')]: entryFile('other', { version: '1.1.0' }),
      ...contractFiles(entryFile('other', { version: '1.1.0' })),
    });
    expect((await rollBack({ inputs: { algorithm: 'other', method: 'image' } })).outputs.version).toBe('1.0.0');
    expect(changed('main', 'mip/rollback/other-1.0.0')).toEqual([`M\t${entryPath('other')}`]);
  });
});

describe('now', () => {
  const now = (inputs: RunOptions['inputs']) => rollBack({ inputs: { now: 'true', for: '90m', ...inputs } });
  const row = () => {
    const document = DynamoDBDocumentClient.from(new DynamoDBClient(emulator.connection));
    return new Registry(document, place.names.table('algorithms')).get('seg');
  };

  /** As the build action leaves it. */
  async function publish(version: string): Promise<void> {
    const repositoryUri = `ecr.example/${place.names.repository('seg')}`;
    const order = {
      algorithm: 'seg',
      repositoryUri,
      tag: `v${version}`,
      treeHash: await treeHash(place.checkOut('main'), imageFolders(SOURCE)),
    };
    await pusher(emulator.connection.endpoint).publish(order, ecr());
  }

  it('the release before runs at once and for a while, without a pull request; plan respects it; then the catalog decides again', async () => {
    const tags = Object.entries({ [TAGS.managedBy]: place.prefix, [TAGS.algorithm]: 'seg' }).map(([Key, Value]) => ({ Key, Value }));
    await ecr().send(new CreateRepositoryCommand({ repositoryName: place.names.repository('seg'), tags }));
    commit('seg 1.0.0', { ...released('1.0.0'), ...FOLDER });
    await publish('1.0.0');
    const head = commit('seg 1.1.0', { ...released('1.1.0'), [`${SOURCE}/algorithm.py`]: 'second' });
    await publish('1.1.0');
    const applied = await place.reconcile();
    expect(applied.code, applied.log).toBe(0);
    const [before, first] = [await row(), Date.now()];

    const { code, outputs, summary, log } = await now({});
    expect({ code, version: outputs.version }, log).toEqual({ code: 0, version: '1.0.0' });
    const by = expect.stringContaining('/actions/runs/');
    expect(await row()).toMatchObject({ version: '1.0.0', pin: { version: '1.0.0', until: outputs.until, by, commit: head } });
    expect(Date.parse(outputs.until ?? '') - first).toBeGreaterThanOrEqual(90 * 60_000);
    expect(summary).toContain(`### seg: pinned to 1.0.0 until ${outputs.until}`);
    expect([place.github.repository.branches, open()]).toEqual([['main'], []]);
    const planned = await place.run('plan', { inputs: { platform: PLATFORM, offline: 'auto' } });
    expect(planned.outputs.changes).toBe('0');
    expect(planned.summary).toContain('pinned to 1.0.0');

    const back = await now({ version: 'catalog' });
    expect({ code: back.code, outputs: back.outputs }, back.log).toEqual({ code: 0, outputs: { version: '1.1.0', until: '' } });
    const after = await row();
    expect({ version: after?.version, image: after?.image_uri, pin: after?.pin }).toEqual({ version: '1.1.0', image: before?.image_uri });
  });

  it('is refused in a sentence, and shown for each region, where the release cannot run; a time that is too long before anything is read', async () => {
    history();
    const { code, log, summary, outputs } = await now({});
    const why = 'seg cannot be pinned to 1.0.0: its image seg:v1.0.0 is not in ECR';
    expect({ code, outputs }).toEqual({ code: 1, outputs: {} });
    expect(log).toContain(`::error::eu-central-1: ${why}`);
    expect(summary).toContain(`| ❌ | <code>eu-central-1</code> | ${why}`);
    expect((await now({ for: '8d' })).log).toContain('"8d" is no duration up to 7d');
    expect(await row()).toBeUndefined();
  });
});
