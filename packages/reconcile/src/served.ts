/** Which versions of an algorithm run: its default one, or the one that somebody pinned in its place, and the further releases. Pure. */

import type { EntryContract, Pin } from '@mip/registry';
import { contractOf } from '@mip/registry/contract';
import { type PhysicalNames, releaseLine } from '@mip/registry/names';
import { type Algorithm, lineOf, type ScaleOverride } from './algorithm.ts';
import type { ReleasedImage } from './aws/released.ts';
import type { Refusal } from './change.ts';
import type { LineOf } from './plan.ts';

/** What is known of algorithms beside their catalog entries; by their names, where nothing else is said. */
export interface Known {
  /** Of the source folders. */
  readonly treeHashes: ReadonlyMap<string, string>;
  readonly overrides: ReadonlyMap<string, ScaleOverride>;
  readonly pins?: ReadonlyMap<string, Pin>;
  /** The frozen contracts, by `name@version`. */
  readonly contracts?: Contracts;
  /** The images of releases, by `name@version`; undefined where nobody looked, and then all of them count as there. */
  readonly images?: ReadonlyMap<string, ReleasedImage>;
  /** The lines whose queues are there. */
  readonly lines?: ReadonlyMap<string, readonly string[]>;
}

/** A file is read when it is asked for. */
export type Contracts = Pick<ReadonlyMap<string, EntryContract>, 'get'>;

export interface Version {
  readonly name: string;
  readonly version: string;
}

/** As `Known` has what is known of a version. */
export function keyOf({ name, version }: Version): string {
  return `${name}@${version}`;
}

/** Each algorithm with all of its that runs. What cannot be served is left out, and is a refusal of `unservable`. */
export function asServed(algorithms: readonly Algorithm[], known: Known): readonly Algorithm[] {
  return algorithms.map((one) => {
    const override = known.overrides.get(one.name);
    const served = { ...defaultOf(one, known), override };
    const further = furtherOf(one, known).flatMap(({ release }) => (typeof release === 'string' ? [] : [release]));
    const lines = new Set([served, ...further].map(lineOf));
    const draining = (known.lines?.get(one.name) ?? []).filter((line) => !lines.has(line)).toSorted();
    return { ...served, ...(further.length > 0 && { further }), ...(draining.length > 0 && { draining }) };
  });
}

/** Whatever runs of an algorithm, the default version first. */
export function versionsOf(algorithm: Algorithm): readonly Algorithm[] {
  return [algorithm, ...(algorithm.further ?? [])];
}

/** The versions whose images have to be there already: nobody builds them from the sources as they are. */
export function releasesIn(algorithms: readonly Algorithm[], pins: ReadonlyMap<string, Pin>): readonly Version[] {
  return algorithms.flatMap((one) => {
    const pin = pinOf(one, pins);
    const versions = [...running(one).map(({ version }) => version), ...(pin ? [pin.version] : [])];
    return [...new Set(versions)].map((version) => ({ name: one.name, version }));
  });
}

/** What is asked for and cannot run, at its line. */
export function unservable(algorithms: readonly Algorithm[], known: Known, names: PhysicalNames, lineIn: LineOf): readonly Refusal[] {
  return algorithms.flatMap((algorithm) => {
    const { name, file } = algorithm;
    const refusal = (line: string, reason: string, pointer: string): Refusal => {
      const cause = { file, pointer, line: lineIn(file, pointer) };
      return { kind: 'task-definition', name: names.taskDefinition(line), algorithm: name, reason, cause };
    };
    const further = furtherOf(algorithm, known).flatMap(({ release, version, at }) =>
      typeof release === 'string' ? [refusal(releaseLine(name, version), `the further version ${version} cannot run: ${release}`, at)] : [],
    );
    const pin = pinOf(algorithm, known.pins);
    const pinned = pin && releaseOf(algorithm, pin.version, known);
    if (typeof pinned !== 'string') return further;
    return [refusal(lineOf(algorithm), `it is pinned to ${pin?.version}, which cannot run: ${pinned}`, '/version'), ...further];
  });
}

/** The pin that holds: one to the version that the entry has by now is over. */
export function pinOf({ name, version }: Version, pins: Known['pins']): Pin | undefined {
  const pin = pins?.get(name);
  return pin?.version === version ? undefined : pin;
}

function defaultOf(algorithm: Algorithm, known: Known): Algorithm {
  const own = { ...algorithm, treeHash: known.treeHashes.get(algorithm.name) };
  const pin = pinOf(algorithm, known.pins);
  const pinned = pin && releaseOf(algorithm, pin.version, known);
  return pinned === undefined || typeof pinned === 'string' ? own : { ...pinned, pin: pin as Pin };
}

interface Further {
  readonly version: string;
  readonly at: string;
  /** Or why it cannot run. */
  readonly release: Algorithm | string;
}

function furtherOf(algorithm: Algorithm, known: Known): readonly Further[] {
  return running(algorithm).map(({ version, at }) => {
    const release = releaseOf(algorithm, version, known);
    const line = releaseLine(algorithm.name, version);
    return { version, at, release: typeof release === 'string' ? release : { ...release, line, at } };
  });
}

/** A version that was yanked takes no jobs: it needs nothing. */
function running({ releases = [] }: Algorithm) {
  return releases
    .map(({ version, yanked }, index) => ({ version, yanked, at: `/releases/${index}/version` }))
    .filter(({ yanked }) => !yanked);
}

/** An entry with the contract of a version and its image as it was released, or why there is none. Size and scaling are the entry's. */
export function releaseOf(
  algorithm: Algorithm,
  version: string,
  { contracts, images }: Pick<Known, 'contracts' | 'images'>,
): Algorithm | string {
  const { name } = algorithm;
  const contract = contracts?.get(keyOf({ name, version }));
  if (!contract) return `its frozen contract is not in the catalog`;
  const image = images ? images.get(keyOf({ name, version })) : { treeHash: '' };
  if (!image) return `its image ${name}:v${version} is not in ECR; push it again, or name a version whose image is there`;
  if (image.treeHash === undefined)
    return `its image ${name}:v${version} does not say from which sources it was built, so it is none of MIP's`;
  const { image_uri: _, ...entry } = algorithm;
  return { ...entry, ...(contractOf(contract) as Pick<Algorithm, keyof EntryContract>), treeHash: image.treeHash };
}
