/** The images of the catalog: their Dockerfiles by what they say, and, with MIP_TEST_FULL, really built, tried and pushed by Podman. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BatchGetImageCommand, ECRClient } from '@aws-sdk/client-ecr';
import { type Algorithm, loadCatalog, parseDocument } from '@mip/catalog';
import { checkAlgorithm } from '@mip/catalog/check';
import { contractFile, contractText } from '@mip/catalog/contract';
import { inContainer, type Launch, type Order, type Place as Runner, runCase } from '@mip/conformance';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Files, platformFile } from '../actions/catalog.ts';
import { PLATFORM, Place } from '../actions/place.ts';
import type { TestEmulator } from '../emulator.ts';
import { BASE_IMAGE, missingForPodman, openPodman, type Podman } from './podman.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const { algorithms } = await loadCatalog(ROOT);
const built = algorithms.filter(({ source }) => source !== undefined);
const MINUTE = 60_000;
const casesOf = (these: readonly Algorithm[]) => these.flatMap(({ conformance = [] }) => conformance).length;

describe('a Dockerfile', () => {
  it.each(built)('of $name builds apart from what runs, installs by hash, and runs as nobody', ({ name, source = '' }) => {
    const lines = readFileSync(join(ROOT, source, 'Dockerfile'), 'utf8').split('\n');
    const all = lines.join('\n');
    expect(lines.filter((line) => line.startsWith('FROM '))).toEqual([`FROM \${BASE} AS build`, `FROM \${BASE}`]);
    expect(all).toMatch(/^ARG BASE=\S+$/m);
    expect(all).toContain('--require-hashes');
    expect(lines).toContain('USER 65532:65532');
    expect(all).toContain(`org.opencontainers.image.title=${name}`);
    for (const argument of ['TREE_HASH', 'VERSION', 'REVISION']) expect(lines).toContain(`ARG ${argument}`);
  });
});

/** The files of this repository that a build and its cases need, as they are in the work tree. */
function repositoryFiles(): Files {
  const listed = execFileSync(
    'git',
    ['ls-files', '-co', '--exclude-standard', '--', 'algorithms', 'catalog/algorithms', 'catalog/releases', 'tests/oracles', '.gitignore'],
    { cwd: ROOT, encoding: 'utf8' },
  );
  return Object.fromEntries(
    listed
      .trim()
      .split('\n')
      .map((file) => [file, readFileSync(join(ROOT, file), 'utf8')]),
  );
}

/** The same entry, one patch version later, and the frozen contract of that. */
function bumped({ file, version }: Algorithm): Files {
  const [major, minor, patch] = version.split('.');
  const text = readFileSync(join(ROOT, file), 'utf8').replace(`version: ${version}`, `version: ${major}.${minor}.${Number(patch) + 1}`);
  const { item } = checkAlgorithm(parseDocument(text, file));
  return { [file]: text, [contractFile(item.name, item.version)]: contractText(item) };
}

const missing = missingForPodman();
if (FULL && missing) process.stdout.write(`the images of the catalog are skipped: ${missing}\n`);

if (FULL)
  describe.skipIf(missing)('an image', () => {
    let emulator: TestEmulator;
    let place: Place;
    let podman: Podman;
    const folders: string[] = [];
    beforeAll(async () => {
      podman = await openPodman();
      emulator = await Place.emulator();
      place = await Place.open(emulator, []);
      place.push('main', {
        ...repositoryFiles(),
        'catalog/platforms/north.yaml': platformFile({ prefix: place.prefix, catalogId: place.prefix }),
      });
    }, 10 * MINUTE);
    afterAll(async () => {
      for (const folder of folders) rmSync(folder, { recursive: true, force: true });
      await place?.close();
      await emulator?.stop();
      podman?.close();
    });

    const inputs = { platform: PLATFORM, engine: 'podman', 'base-image': BASE_IMAGE, report: 'report' };
    const environment = () => ({ ...podman.environment, PATH: `${join(ROOT, '.venv', 'bin')}:${process.env.PATH}` });
    const names = built.map(({ name }) => name);
    /** Of the last build. */
    const imageOf = async (name: string) => {
      const listed = await podman.run(
        'images',
        '--format',
        '{{.Repository}}:{{.Tag}}',
        '--filter',
        `reference=localhost/mip-cases/${name}`,
      );
      return listed.split('\n')[0] ?? '';
    };

    it(
      'of a pull request is built, and its cases pass in it beside the old image',
      async () => {
        const number = place.propose('change', Object.assign({}, ...built.map(bumped)));
        const [head, base] = ['change', 'main'].map((ref) => place.github.repository.commit(ref) ?? '');
        const repo = { full_name: 'octo/catalog' };
        const payload = { pull_request: { number, head: { sha: head, repo }, base: { sha: base, repo } } };
        const event = { name: 'pull_request', payload };
        const run = {
          ref: head ?? '',
          event,
          environment: environment(),
          inputs: { ...inputs, push: 'false', base, 'pull-request': number },
        };
        const { code, outputs, log } = await place.run('build', run);
        expect(log).toContain(`${built[0]?.name} 1.0.1 against 1.0.0, ran in the image: passed (${casesOf(built.slice(0, 1))} passed)`);
        expect([code, JSON.parse(outputs.algorithms ?? ''), outputs.conformance]).toEqual([0, names, 'passed']);
        const [comment] = place.github.repository.comments(number);
        expect(comment?.body).toContain(`### Conformance: passed, ${casesOf(built)} passed`);
        expect(comment?.body.match(/\| the same \|/g)).toHaveLength(casesOf(built));
        const pictures = readFileSync(outputs.report ?? '', 'utf8').match(/data:image\/png;base64,/g) ?? [];
        expect(pictures.length).toBeGreaterThanOrEqual(4 * names.length); // four of every case with a result
        expect(place.github.violations).toEqual([]);
      },
      15 * MINUTE,
    );

    it(
      'is pushed after the merge, with its layers and the hash of its sources',
      async () => {
        const { code, outputs, log } = await place.run('build', {
          environment: environment(),
          inputs: { ...inputs, push: 'true', base: '' },
        });
        expect(log).not.toContain('::error');
        expect(code).toBe(0);
        const images: readonly { algorithm: string; digest: string }[] = JSON.parse(outputs.images ?? '');
        expect(images.map(({ algorithm }) => algorithm).sort()).toEqual(names);
        for (const { algorithm, digest } of images) {
          const imageIds = [{ imageTag: 'v1.0.0' }];
          const found = await new ECRClient(emulator.connection).send(
            new BatchGetImageCommand({ repositoryName: place.names.repository(algorithm), imageIds }),
          );
          expect(found.images?.[0]?.imageId?.imageDigest).toBe(digest);
          const manifest = JSON.parse(found.images?.[0]?.imageManifest ?? '');
          expect(manifest.annotations['mip.tree-hash']).toMatch(/^sha256:[0-9a-f]{64}$/);
          expect(manifest.layers.length).toBeGreaterThan(1);
        }
      },
      10 * MINUTE,
    );

    /** The container of a case, with another command in it. */
    async function inside(script: string, changes: Partial<Algorithm> = {}): Promise<{ runner: Runner; order: Order }> {
      const subject = { ...(built[0] as Algorithm), ...changes };
      const output = mkdtempSync(join(tmpdir(), 'mip-inside-'));
      folders.push(output);
      const order = { subject, parameters: {}, images: [join(ROOT, 'package.json')], output };
      const original = inContainer({ engine: 'podman', image: await imageOf(subject.name), user: { uid: 0, gid: 0 } });
      const launch = (given: Order): Launch => {
        const one = original.launch(given);
        const head = one.command.slice(0, one.command.indexOf('-m'));
        return {
          ...one,
          command: [one.command[0], ...head.slice(1), '-c', script],
          environment: { PATH: process.env.PATH ?? '', ...podman.environment },
          inherits: false,
        };
      };
      return { runner: { ...original, launch }, order };
    }

    it(
      'runs a case without a network, a right, root, or a place to write to but its output',
      async () => {
        const { runner, order } = await inside(PROBE);
        await runCase(runner, order);
        const found = JSON.parse(readFileSync(join(order.output, 'outcome.json'), 'utf8'));
        expect(found).toEqual({
          uid: 65532,
          interfaces: ['lo'],
          capabilities: 0,
          // Shared memory is no disk, and a task in ECS has it too.
          written: ['/dev/shm/probe', '/case/output/probe', '/case/output/scratch/probe'],
        });
      },
      MINUTE,
    );

    it(
      'is ended, container and all, when a case takes too long',
      async () => {
        const { runner, order } = await inside('import time; time.sleep(600)', { timeout: 3 });
        await runCase(runner, order);
        expect(JSON.parse(readFileSync(join(order.output, 'outcome.json'), 'utf8')).error.code).toBe('timeout');
        expect(await podman.run('ps', '--all', '--format', '{{.Names}}')).not.toContain('mip-case-');
      },
      MINUTE,
    );

    it(
      'is ended when a case needs more memory than its entry says',
      async () => {
        const { runner, order } = await inside('held = bytearray(512 << 20)', { memory: 128 });
        await runCase(runner, order);
        const { error } = JSON.parse(readFileSync(join(order.output, 'outcome.json'), 'utf8'));
        expect(error.message).toBe('the process was ended by SIGKILL; it may have needed more than 128 MiB of memory');
        expect(readdirSync(order.output).sort()).toEqual(['outcome.json', 'scratch']);
      },
      MINUTE,
    );
  });

const PROBE = `
import json, os, socket
written = []
for folder in ("/", "/tmp", "/opt/mip", "/opt/mip/algorithm", "/dev/shm", "/var/tmp", "/run", "/case", "/case/images", "/case/output", "/case/output/scratch"):
    try:
        open(os.path.join(folder, "probe"), "w").close()
        written.append(os.path.join(folder, "probe"))
    except OSError:
        pass
try:
    open("/case/images/1.dcm", "a").close()
    written.append("/case/images/1.dcm")
except OSError:
    pass
capabilities = int(next(line for line in open("/proc/self/status") if line.startswith("CapEff")).split()[1], 16)
found = {"uid": os.getuid(), "interfaces": [name for _, name in socket.if_nameindex()], "capabilities": capabilities, "written": written}
json.dump(found, open("/case/output/outcome.json", "w"))
`;

import { FULL } from '../full.ts';
