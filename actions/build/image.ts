/** Images that were built on this machine, to run cases in and to push. */
import { imageFolders, treeHash } from '@mip/catalog';
import { runProgram } from '../shared/program.ts';
import { type Architecture, buildEverywhere, buildForCases, type Engine, type ImageSource } from './commands.ts';

export interface BuiltImage {
  readonly of: ImageSource;
  /** What this machine's engine calls it. */
  readonly name: string;
}

export interface BuildOptions {
  readonly engine: Engine;
  /** This machine's. */
  readonly architecture: Architecture;
  /** Whether it is built for its other architectures too, to see that it can be. */
  readonly everywhere: boolean;
}

/** The part of an entry that an image depends on. */
export interface Buildable {
  readonly name: string;
  readonly version: string;
  readonly source?: string;
  readonly architectures: readonly Architecture[];
}

/** @param commit what the image says that it was built from */
export async function imageSource(root: string, algorithm: Buildable, commit: string, baseImage: string): Promise<ImageSource> {
  const { name, version, source = '', architectures } = algorithm;
  const hash = await treeHash(root, imageFolders(source));
  return { root, algorithm: name, version, source, treeHash: hash, commit, architectures, baseImage };
}

/** @throws {Failure} when it cannot be built. */
export async function buildImage(of: ImageSource, { engine, architecture, everywhere }: BuildOptions): Promise<BuiltImage> {
  const name = `localhost/mip-cases/${of.algorithm}:${of.treeHash.slice('sha256:'.length, 'sha256:'.length + 16)}`;
  const runsHere = of.architectures.includes(architecture) ? architecture : (of.architectures[0] ?? architecture);
  const title = `Build ${of.algorithm} ${of.version}`;
  if (everywhere && engine === 'docker') await runProgram(`${title} for ${of.architectures.join(' and ')}`, buildEverywhere(of));
  await runProgram(`${title} to run its cases`, buildForCases(engine, of, name, runsHere));
  return { of, name };
}
