import { describe, expect, it } from 'vitest';
import { type Container, inContainer, inFolder } from './launch.ts';
import { algorithm } from './testing/fixtures.ts';

const ORDER = { subject: algorithm(), parameters: { width: 2, note: "it's" }, images: ['/images/in.dcm'], output: '/work/out' };
const ENTRY = JSON.stringify({
  name: 'plus-one',
  version: '1.0.0',
  description: 'Adds one.',
  algorithm_type: 'python',
  parameters: {},
  input: { scope: ['instance'], units: 'stored' },
  output: { kind: 'image', store: ['s3'] },
  license: 'Apache-2.0',
  regulatory: { status: 'research' },
});
const FROM_ENTRY = { MIP_ALGORITHM: 'plus-one', MIP_VERSION: '1.0.0', MIP_ENTRY: ENTRY };

describe('on this machine', () => {
  const python = { program: '/venv/bin/python', environment: { PATH: '/bin' } };

  it("a case is a Python process with the worker's environment and nothing of ours", () => {
    const { command, environment, inherits, timeoutSeconds, end } = inFolder('/repository', python).launch(ORDER);
    expect(command.join(' ')).toBe(
      `/venv/bin/python -B -m mip_sdk.case --image /images/in.dcm --parameters {"width":2,"note":"it's"} --output /work/out`,
    );
    expect(environment).toEqual({
      PATH: '/bin',
      ...FROM_ENTRY,
      PYTHONPATH: '/repository/algorithms/sdk:/repository/algorithms/plus-one',
      MIP_ALGORITHM_DIR: '/repository/algorithms/plus-one',
      HOME: '/work/out/scratch',
      TMPDIR: '/work/out/scratch',
    });
    expect([inherits, timeoutSeconds, end]).toEqual([false, 60, undefined]);
  });

  it('a case may be a series', () => {
    const { command } = inFolder('/repository', python).launch({ ...ORDER, images: ['/series/a', '/series/b'] });
    expect(command.join(' ')).toContain('mip_sdk.case --image /series/a /series/b --parameters');
  });
});

describe('in a container', () => {
  const container: Container = { engine: 'docker', image: 'mip-plus-one@sha256:ab', user: { uid: 1001, gid: 121 } };
  const launch = (changes: Partial<Container> = {}) => inContainer({ ...container, ...changes }).launch(ORDER);

  it('a case has no network, no right, nothing to write to but its output, and no more memory than its task', () => {
    const { command, inherits, timeoutSeconds, end } = launch();
    const [name] = command.filter((word) => word.startsWith('mip-case-'));
    expect(command).toEqual([
      ...['docker', 'run', '--rm', '--name', name],
      ...['--network', 'none', '--read-only', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges', '--pids-limit', '256'],
      ...['--memory', '512m', '--memory-swap', '512m', '--user', '1001:121'],
      ...['--mount', 'type=bind,source=/images/in.dcm,target=/case/images/1.dcm,readonly'],
      ...['--mount', 'type=bind,source=/work/out,target=/case/output'],
      ...['--env', 'MIP_ALGORITHM=plus-one', '--env', 'MIP_VERSION=1.0.0', '--env', `MIP_ENTRY=${ENTRY}`],
      ...['--env', 'HOME=/case/output/scratch', '--env', 'TMPDIR=/case/output/scratch'],
      ...['--entrypoint', 'python3', 'mip-plus-one@sha256:ab', '-m', 'mip_sdk.case', '--image', '/case/images/1.dcm'],
      ...['--parameters', `{"width":2,"note":"it's"}`, '--output', '/case/output'],
    ]);
    expect([inherits, timeoutSeconds, end]).toEqual([true, 60, ['docker', 'rm', '--force', name]]);
  });

  it('a series is each of its files and nothing that lies beside them', () => {
    const { command } = inContainer(container).launch({ ...ORDER, images: ['/series/a', '/series/b'] });
    expect(command.filter((word) => word.startsWith('type=bind'))).toEqual([
      'type=bind,source=/series/a,target=/case/images/1.dcm,readonly',
      'type=bind,source=/series/b,target=/case/images/2.dcm,readonly',
      'type=bind,source=/work/out,target=/case/output',
    ]);
    expect(command.join(' ')).toContain('--image /case/images/1.dcm /case/images/2.dcm --parameters');
  });

  it.each<[string, Partial<Container>, string]>([
    ['root starts it as nobody', { user: { uid: 0, gid: 0 } }, '--user 65532:65532 --mount'],
    [
      'podman gives it no other place to write to',
      { engine: 'podman', user: { uid: 0, gid: 0 } },
      '--user 65532:65532 --read-only-tmpfs=false --mount',
    ],
    [
      'podman without root keeps the number of the user',
      { engine: 'podman' },
      '--user 1001:121 --read-only-tmpfs=false --userns keep-id --mount',
    ],
  ])('%s', (_, changes, words) => {
    expect(launch(changes).command.join(' ')).toContain(words);
  });

  it('podman does not wait for one that is ended', () => {
    expect(launch({ engine: 'podman' }).end?.slice(0, -1)).toEqual(['podman', 'rm', '--force', '--time', '0']);
  });
});
