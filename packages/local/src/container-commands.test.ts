import { describe, expect, it } from 'vitest';
import { buildCommand, type Order, pullCommand, pushCommands, removeCommand, runCommand } from './container-commands.ts';

const DIGEST = `sha256:${'ab'.repeat(32)}`;
/** As reconcile registers it. */
const container = {
  name: 'worker',
  image: `000000000000.dkr.ecr.eu-central-1.amazonaws.com/mip-seg@${DIGEST}`,
  user: '65532',
  readonlyRootFilesystem: true,
  linuxParameters: { capabilities: { drop: ['ALL'] }, initProcessEnabled: true },
};
const order: Order = {
  name: 'mip-seg-1',
  home: '/home/me/.mip/containers',
  endpoint: 'http://127.0.0.1:4566',
  definition: { family: 'mip-seg', cpu: '2048', memory: '4096' },
  container,
  command: [],
  variables: ['MIP_QUEUE_URL', 'MIP_IMAGES_KEY'],
};

describe('a task in a container', () => {
  it('is run as its definition says: nobody, a read-only root, no rights, so much memory', () => {
    expect(runCommand('podman', order).join(' ')).toBe(
      [
        'run --rm --name mip-seg-1 --label mip.home=/home/me/.mip/containers --network host --pull missing',
        '--user 65532 --read-only --cap-drop ALL --security-opt no-new-privileges --init --read-only-tmpfs=false --tls-verify=false',
        '--memory 4096m --memory-swap 4096m --cpu-shares 2048 --env MIP_QUEUE_URL --env MIP_IMAGES_KEY',
        `127.0.0.1:4566/mip-seg@${DIGEST}`,
      ].join(' '),
    );
    const docker = runCommand('docker', order);
    expect(docker).toEqual(runCommand('podman', order).filter((word) => !/^--(read-only-tmpfs|tls-verify)/.test(word)));
  });

  it('has no value of a variable on its command line, where every user of the machine reads it', () => {
    expect(runCommand('podman', order).filter((word) => /MIP_/.test(word))).toEqual(order.variables);
  });

  it("runs what its definition or RunTask asks for, and somebody else's image from where it is", () => {
    const image = `ghcr.io/somebody/seg@${DIGEST}`;
    const words = runCommand('podman', {
      ...order,
      container: { ...container, image, entryPoint: ['python3', '-m'] },
      command: ['a', '-b'],
    });
    expect(words.slice(-6)).toEqual(['--entrypoint', 'python3', image, '-m', 'a', '-b']);
    expect(words).not.toContain('--tls-verify=false');
    expect(runCommand('podman', { ...order, container: { ...container, image: `localhost:4566/mip-seg@${DIGEST}` } }).at(-1)).toBe(
      `127.0.0.1:4566/mip-seg@${DIGEST}`,
    );
  });

  it('is never one that a tag could change', () => {
    const image = '000000000000.dkr.ecr.eu-central-1.amazonaws.com/mip-seg:latest';
    expect(() => runCommand('podman', { ...order, container: { ...container, image } })).toThrow('not pinned by digest');
  });

  it('is removed at once', () => {
    expect([removeCommand('podman', ['a']), removeCommand('docker', ['a'])]).toEqual([
      ['rm', '--force', '--time', '0', 'a'],
      ['rm', '--force', 'a'],
    ]);
  });
});

describe('an image', () => {
  const build = { root: '/r', source: 'algorithms/seg', tag: 'localhost/mip-local/seg:1', treeHash: DIGEST, version: '1.0.0' };

  it('is built from its Dockerfile, with the base that was asked for', () => {
    const args = `--build-arg TREE_HASH=${DIGEST} --build-arg VERSION=1.0.0 --build-arg REVISION=work tree`;
    const from = '--tag localhost/mip-local/seg:1 --file /r/algorithms/seg/Dockerfile /r/algorithms';
    expect(buildCommand('podman', { ...build, baseImage: undefined }).join(' ')).toBe(`build --format oci ${args} ${from}`);
    expect(buildCommand('docker', { ...build, baseImage: 'my/base' }).join(' ')).toBe(
      `buildx build --load --provenance=false --build-arg BASE=my/base ${args} ${from}`,
    );
  });

  it('is pushed to a registry without TLS, and pulled from it', () => {
    expect(pushCommands('podman', 'a:1', '127.0.0.1:1/b:2')).toEqual([
      ['push', '--quiet', '--tls-verify=false', '--format', 'oci', 'a:1', 'docker://127.0.0.1:1/b:2'],
    ]);
    expect(pushCommands('docker', 'a:1', '127.0.0.1:1/b:2')).toEqual([
      ['tag', 'a:1', '127.0.0.1:1/b:2'],
      ['push', '--quiet', '127.0.0.1:1/b:2'],
    ]);
    expect(pullCommand('docker', 'c')).toEqual(['pull', '--quiet', 'c']);
  });
});
