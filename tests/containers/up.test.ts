/** `mip up --containers`: the images of the catalog, built and run by Podman behind the emulator; minutes, so `npm run test:full` only. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadCatalog } from '@mip/catalog';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Cloud } from '../cloud.ts';
import { BASE_IMAGE, missingForPodman, openPodman, type Podman } from './podman.ts';

const MINUTE = 60_000;
const { algorithms } = await loadCatalog(join(import.meta.dirname, '..', '..'));
const ALGORITHMS = algorithms.map(({ name }) => name).sort();
const missing = missingForPodman();
if (missing) process.stdout.write(`the local cloud in containers is skipped: ${missing}\n`);

describe.skipIf(missing)('the local cloud in containers', () => {
  const cloud = new Cloud();
  const options = ['--containers', '--engine', 'podman', '--base-image', BASE_IMAGE];
  let podman: Podman;
  let before: string | undefined;

  beforeAll(async () => {
    podman = await openPodman();
    before = process.env.CONTAINERS_CONF;
    Object.assign(process.env, podman.environment); // `mip` gets ours
    expect(await cloud.start(...options), cloud.printed).toBeUndefined();
  }, 20 * MINUTE);

  afterAll(async () => {
    await cloud.remove();
    if (before === undefined) delete process.env.CONTAINERS_CONF;
    else process.env.CONTAINERS_CONF = before;
    podman?.close();
  }, 5 * MINUTE);

  /** Names of this cloud's containers. */
  const containers = async () =>
    (await podman.run('ps', '--all', '--filter', `label=mip.home=${cloud.home}/containers`, '--format', '{{.Names}}'))
      .split('\n')
      .filter(Boolean);

  it('puts the first image of every algorithm through a container, equal to the reference', () => {
    for (const algorithm of ALGORITHMS) expect(cloud.printed).toMatch(new RegExp(`${algorithm} .*equal to the reference`));
    expect(cloud.printed).toContain('a container of podman for every task');
  });

  it('runs each as its task definition says', async () => {
    const names = await containers();
    expect(names.map((name) => name.replace(/-[0-9a-f]{8}-.*/, '')).sort()).toEqual(ALGORITHMS.map((algorithm) => `mip-${algorithm}`));
    for (const name of names) {
      const [{ Config, HostConfig, EffectiveCaps }] = JSON.parse(await podman.run('inspect', name));
      expect({ user: Config.User, readonly: HostConfig.ReadonlyRootfs, network: HostConfig.NetworkMode, rights: EffectiveCaps }).toEqual({
        user: '65532',
        readonly: true,
        network: 'host',
        rights: null,
      });
      expect(HostConfig.Memory).toBeGreaterThanOrEqual(512 << 20);
      // What really holds, seen from inside.
      const inside = await podman.run(
        'exec',
        name,
        'sh',
        '-c',
        'id -u; touch /probe /tmp/probe 2>/dev/null && echo written; cat /proc/1/cmdline | tr "\\0" " "',
      );
      expect(inside.trim().split('\n')).toEqual(['65532', expect.stringMatching(/^\/run\/podman-init -- python3 -m mip_sdk/)]);
    }
  });

  it('runs the image that the row of its algorithm names, by its digest', async () => {
    const rows: readonly { algorithm_name: string; image_uri: string }[] = JSON.parse(cloud.mip(['list', '--json']).out);
    for (const { algorithm_name, image_uri } of rows) {
      const [name = ''] = (await containers()).filter((one) => one.startsWith(`mip-${algorithm_name}-`));
      const digest = image_uri.slice(image_uri.indexOf('@'));
      expect(await podman.run('inspect', '--format', '{{.ImageName}}', name)).toMatch(
        new RegExp(`^127\\.0\\.0\\.1:\\d+/mip-${algorithm_name}${digest}$`),
      );
    }
    expect(rows.map(({ algorithm_name }) => algorithm_name).sort()).toEqual(ALGORITHMS);
  });

  it(
    'starts a container that died again',
    async () => {
      const [victim = ''] = (await containers()).filter((name) => name.startsWith('mip-window-level'));
      await podman.run('kill', victim);
      const again = async (): Promise<string> => {
        const found = (await containers()).find((name) => name.startsWith('mip-window-level') && name !== victim);
        return found ?? new Promise<string>((resolve) => setTimeout(() => resolve(again()), 200));
      };
      expect(await again()).toMatch(/^mip-window-level/);
    },
    MINUTE,
  );

  it(
    'leaves no container and saves its images when it stops',
    async () => {
      expect(await cloud.stop()).toBe(0);
      expect(await containers()).toEqual([]);
      // Each was told and ended in order; the one that died could not.
      for (const algorithm of ALGORITHMS.filter((name) => name !== 'window-level')) {
        const logs = globSync(join(cloud.home, 'containers', 'logs', `mip-${algorithm}`, '*.log'));
        expect(logs).not.toEqual([]);
        for (const log of logs) expect(readFileSync(log, 'utf8').trimEnd().split('\n').at(-1)).toContain('"worker-stopped"');
      }
      const { stdout } = await execa('cat', [`${cloud.home}/containers/emulator.json`]);
      expect(JSON.parse(stdout).stopped).toBe('clean');
    },
    5 * MINUTE,
  );

  it(
    'comes up again with the images that it has',
    async () => {
      expect(await cloud.start(...options, '--exit'), cloud.printed).toBe(0);
      expect(cloud.printed).toContain('Reconcile the catalog: nothing to change');
      expect(cloud.printed).toMatch(/window-level .*equal to the reference/);
    },
    10 * MINUTE,
  );
});
