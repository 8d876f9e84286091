/** The cases of an algorithm, inside its image, with the base's image beside it. */
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { info } from '@actions/core';
import type { Algorithm } from '@mip/catalog';
import type { Base } from '@mip/catalog/base';
import {
  type Conformance,
  conform,
  findOld,
  type Interpreter,
  inContainer,
  notBuilt,
  type OldVersion,
  type Place as Runner,
  renderConformance,
} from '@mip/conformance';
import { sentenceOf } from '@mip/reconcile/aws/errors';
import type { BuildRequest } from './build.ts';
import { type BuiltImage, buildImage, imageSource } from './image.ts';

/** What came of one algorithm; without an image where it could not be built. */
export interface Tried {
  readonly algorithm: Algorithm;
  readonly conformance: Conformance;
  readonly image: BuiltImage | undefined;
}

export interface Subject {
  readonly commit: string;
  /** Undefined where nothing is compared, for the reason in `absent`. */
  readonly base: Base | undefined;
  readonly absent: string;
  readonly python: Interpreter;
}

/** Builds and runs; an algorithm that cannot be built has failed, and leaves the others. */
export async function tryAlgorithm(algorithm: Algorithm, subject: Subject, request: BuildRequest): Promise<Tried> {
  const { root, tools, temporary } = request;
  const { python } = subject;
  const old = subject.base ? await oldVersion(algorithm, subject.base, request) : { absent: subject.absent };
  const built = await attempt(async () => {
    const of = await imageSource(root, algorithm, subject.commit, request.baseImage);
    return buildImage(of, { ...request, everywhere: true });
  });
  if ('reason' in built) {
    const place = containerOf('', request);
    return { algorithm, conformance: notBuilt({ algorithm, place, old }, `the image cannot be built: ${built.reason}`), image: undefined };
  }
  const image = built.value;
  const work = await mkdtemp(join(temporary, 'mip-cases-'));
  const conformance = await conform({
    ...{ algorithm, root, tools, python, work, old },
    place: containerOf(image.name, request),
    pictures: true,
  });
  info(renderConformance(conformance, { colour: false }));
  return { algorithm, conformance, image };
}

/** The base's version from the base's own sources. What cannot be built there any more is no fault of the new version. */
async function oldVersion(algorithm: Algorithm, base: Base, request: BuildRequest): Promise<OldVersion> {
  const old = findOld(base.root, algorithm);
  if (old.absent !== undefined) return old;
  const built = await attempt(async () => {
    const of = await imageSource(base.root, old.algorithm, base.commit, request.baseImage);
    return buildImage(of, { ...request, everywhere: false });
  });
  if ('reason' in built) return { absent: `the image of version ${old.algorithm.version} cannot be built any more: ${built.reason}` };
  return { subject: old.algorithm, place: containerOf(built.value.name, request) };
}

function containerOf(image: string, { engine }: BuildRequest): Runner {
  const [uid, gid] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0];
  return inContainer({ engine, image, user: { uid, gid } });
}

async function attempt<T>(work: () => Promise<T>): Promise<{ readonly value: T } | { readonly reason: string }> {
  try {
    return { value: await work() };
  } catch (error) {
    return { reason: sentenceOf(error).replaceAll(/\s*\n\s*/g, '; ') };
  }
}
