/** From a catalog on disk and a way to reach a region to what `plan` and `apply` take. Reads; writes nothing. */

import { SSMClient } from '@aws-sdk/client-ssm';
import type { Algorithm, Platform as PlatformFile } from '@mip/catalog';
import { imageFolders } from '@mip/catalog/image-folders';
import { ReleasedContracts } from '@mip/catalog/released-contracts';
import { TreeHashes } from '@mip/catalog/tree-hash';
import { physicalNames } from '@mip/registry/names';
import { type Aws, makeAws } from './aws/clients.ts';
import type { Connection } from './aws/connection.ts';
import { readFacts } from './aws/facts.ts';
import type { ImagePublisher } from './aws/images.ts';
import type { Conformer } from './conformer.ts';
import { platformIn } from './platform.ts';
import type { Input } from './reconcile.ts';

/** A catalog without faults, and where it lies. */
export interface CatalogOnDisk {
  /** The repository. */
  readonly root: string;
  readonly algorithms: readonly Algorithm[];
  readonly platform: PlatformFile;
}

/** How to reach one region, who pushes the images that are missing there, and who judges new versions; without that none with cases rolls out. */
export interface Reach {
  readonly connection: Connection;
  readonly images: ImagePublisher;
  readonly conformer?: Conformer;
}

/** One region of a platform that can be planned and applied. */
export interface Region {
  readonly region: string;
  readonly aws: Aws;
  readonly input: Input;
}

/** What somebody allows for one run, by name. */
export type Allowed = Pick<Input, 'allow' | 'adopt'>;

/** @throws when the platform is not there, cannot be reached, or a source folder is missing. */
export async function openRegion(catalog: CatalogOnDisk, { connection, images, conformer }: Reach, allowed: Allowed = {}): Promise<Region> {
  const { algorithms, platform: file } = catalog;
  const { region } = connection;
  const { prefix, account, name } = file;
  const facts = await readFacts(new SSMClient(connection), physicalNames({ prefix, account, region, platform: name }));
  const platform = platformIn(region, file, facts);
  const treeHashes = await treeHashesOf(catalog);
  const contracts = new ReleasedContracts(catalog.root);
  const known = { algorithms, faults: [], treeHashes, contracts, now: new Date(), lineOf: lineOf(algorithms) };
  const input: Input = { ...known, platform, ...allowed };
  return { region, aws: makeAws(connection, images, conformer), input };
}

const known = new WeakMap<readonly Algorithm[], Promise<ReadonlyMap<string, string>>>();

/** Of every source folder, by the algorithm's name; of a catalog that was read once, once. @throws {Error} when a folder is not there. */
export function treeHashesOf(catalog: Pick<CatalogOnDisk, 'root' | 'algorithms'>): Promise<ReadonlyMap<string, string>> {
  const found = known.get(catalog.algorithms) ?? hashTrees(catalog);
  known.set(catalog.algorithms, found);
  return found;
}

async function hashTrees({ root, algorithms }: Pick<CatalogOnDisk, 'root' | 'algorithms'>): Promise<ReadonlyMap<string, string>> {
  const trees = new TreeHashes(root);
  const hashes = algorithms.map(async ({ name, source }) => (source ? ([[name, await trees.of(imageFolders(source))]] as const) : []));
  return new Map((await Promise.all(hashes)).flat());
}

/** Where in its file an algorithm says something. */
export function lineOf(algorithms: readonly Algorithm[]): (file: string, pointer: string) => number {
  const byFile = new Map(algorithms.map((algorithm) => [algorithm.file, algorithm]));
  return (file, pointer) => byFile.get(file)?.position(pointer).line ?? 1;
}
