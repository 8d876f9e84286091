/** How a case is started, as data: on this machine or in a container. Pure. */
import { randomUUID } from 'node:crypto';
import { posix } from 'node:path';
import type { ParameterValue } from '@mip/catalog';
import { contractOf } from '@mip/registry/contract';
import type { Subject } from './cases.ts';

/** One case to run. The output folder exists and is empty but for `SCRATCH`. */
export interface Order {
  readonly subject: Subject;
  readonly parameters: Readonly<Record<string, ParameterValue>>;
  /** DICOM files on this machine: an image, or all images of a series in any order. */
  readonly images: readonly string[];
  readonly output: string;
}

/** A process to start, and what ends it when it takes too long. */
export interface Launch {
  readonly command: readonly [string, ...string[]];
  /** All of it, unless it inherits. */
  readonly environment: Readonly<Record<string, string>>;
  /** Whether it gets our environment instead: an engine needs it and keeps it from the container, an algorithm is not to see it. */
  readonly inherits: boolean;
  readonly timeoutSeconds: number;
  /** For a process that outlives the one that started it. */
  readonly end?: readonly [string, ...string[]];
}

/** A place where one version of an algorithm can run. */
export interface Place {
  /** In words, after "ran". */
  readonly words: string;
  launch(order: Order): Launch;
}

/** Below the output folder: the only place, beside the results, where a case may write. */
export const SCRATCH = 'scratch';
const MODULE = ['-m', 'mip_sdk.case'] as const;

/** A Python with the packages of `requirements/start.txt`. What it runs sees this environment and no secret of ours. */
export interface Interpreter {
  /** An absolute path. */
  readonly program: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** The sources of a repository, with the library built. */
export function inFolder(root: string, python: Interpreter): Place {
  return {
    words: 'on this machine',
    launch: ({ subject, parameters, images, output }) => {
      const folder = posix.join(root, subject.source ?? '');
      const scratch = posix.join(output, SCRATCH);
      const paths = { PYTHONPATH: `${posix.join(root, 'algorithms/sdk')}:${folder}`, MIP_ALGORITHM_DIR: folder };
      return {
        command: [python.program, '-B', ...MODULE, ...argumentsOf(images, parameters, output)],
        environment: { ...python.environment, ...environmentOf(subject), ...paths, HOME: scratch, TMPDIR: scratch },
        inherits: false,
        timeoutSeconds: subject.timeout,
      };
    },
  };
}

export interface Container {
  readonly engine: 'docker' | 'podman';
  /** Anything that the engine runs: a tag, a digest. */
  readonly image: string;
  /** Who starts it, as the kernel numbers them: the results have to be theirs. */
  readonly user: { readonly uid: number; readonly gid: number };
}

/** As ECS runs a worker, and stricter: without a network, with nothing to write to but the output, and of a series' folder only its files. */
export function inContainer({ engine, image, user }: Container): Place {
  return {
    words: 'in the image',
    launch: ({ subject, parameters, images, output }) => {
      const name = `mip-case-${randomUUID()}`;
      const target = '/case/output';
      const sources = images.map((file, index) => ({ file, inside: `/case/images/${index + 1}.dcm` }));
      const scratch = posix.join(target, SCRATCH);
      const variables = Object.entries({ ...environmentOf(subject), HOME: scratch, TMPDIR: scratch });
      return {
        command: [
          ...[engine, 'run', '--rm', '--name', name, ...limits(subject.memory), ...identity(engine, user)],
          ...sources.flatMap(({ file, inside }) => ['--mount', `type=bind,source=${file},target=${inside},readonly`]),
          ...['--mount', `type=bind,source=${output},target=${target}`],
          ...variables.flatMap(([key, value]) => ['--env', `${key}=${value}`]),
          ...['--entrypoint', 'python3', image, ...MODULE],
          ...argumentsOf(
            sources.map(({ inside }) => inside),
            parameters,
            target,
          ),
        ] as [string, ...string[]],
        environment: {},
        inherits: true,
        timeoutSeconds: subject.timeout,
        end: [engine, 'rm', '--force', ...(engine === 'podman' ? ['--time', '0'] : []), name], // Docker waits for nothing
      };
    },
  };
}

/** The user of a worker, "nonroot" of distroless images. */
export const NOBODY = 65532;

function limits(memory: number): readonly string[] {
  const most = `${memory}m`;
  const rights = ['--cap-drop', 'ALL', '--security-opt', 'no-new-privileges', '--pids-limit', '256'];
  return ['--network', 'none', '--read-only', ...rights, '--memory', most, '--memory-swap', most];
}

/** Never root: whoever is root lends the output folder to `NOBODY`. */
function identity(engine: Container['engine'], { uid, gid }: Container['user']): readonly string[] {
  const user = ['--user', uid === 0 ? `${NOBODY}:${NOBODY}` : `${uid}:${gid}`];
  if (engine === 'docker') return user;
  return [...user, '--read-only-tmpfs=false', ...(uid === 0 ? [] : ['--userns', 'keep-id'])];
}

/** All images after one word: an SDK that takes one image says so, and does not run on the last of them. */
function argumentsOf(images: readonly string[], parameters: Order['parameters'], output: string): readonly string[] {
  return ['--image', ...images, '--parameters', JSON.stringify(parameters), '--output', output];
}

/** What a task's environment says about the algorithm. */
function environmentOf(subject: Subject): Record<string, string> {
  return { MIP_ALGORITHM: subject.name, MIP_VERSION: subject.version, MIP_ENTRY: JSON.stringify(contractOf(subject)) };
}
