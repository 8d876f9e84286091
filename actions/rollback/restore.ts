/** What of the repository goes back: the entry as it was, with its source folder or with the image that was built from it. */
import type { Algorithm, Platform } from '@mip/catalog';
import { EditError, editEntry } from '@mip/catalog/edit';
import { imageFolders } from '@mip/catalog/image-folders';
import { makeImageAws } from '@mip/reconcile/aws/image-clients';
import { findImage, findRepository } from '@mip/reconcile/aws/images';
import { physicalNames } from '@mip/registry/names';
import { Failure } from '../shared/action.ts';
import { readEntry } from '../shared/catalog.ts';
import { entryAt } from '../shared/checkout.ts';
import type { ProposedPath } from '../shared/proposal.ts';
import type { Checkout, Release } from './release.ts';

export interface Restored {
  readonly paths: readonly ProposedPath[];
  /** The entry as it will be. */
  readonly algorithm: Algorithm;
  /** What a reviewer should know beside, in sentences of Markdown. */
  readonly notes: readonly string[];
}

/** The entry's file and its source folder as a whole: what came later in it goes, what went comes back, modes are those of then. */
export async function putBackSource(checkout: Checkout, release: Release, platform: Platform): Promise<Restored> {
  const { file, algorithm, commit } = release;
  const { path, mode, sha } = file;
  const entry = { path, mode, sha };
  const { source, name, version } = algorithm;
  if (source === undefined)
    return { paths: [entry], algorithm, notes: ['An image that somebody else built runs: there is no source to put back.'] };
  const folder = await entryAt(checkout.root, commit, `${checkout.prefix}${source}`);
  if (folder?.mode !== '040000')
    throw new Failure(`${source}, the source of ${name} ${version}, is no folder at ${commit.slice(0, 12)}; use method: image`);
  const notes = await sharedNotes(checkout, release, source, platform);
  return { paths: [entry, { path: `${checkout.prefix}${source}`, mode: '040000', sha: folder.sha }], algorithm, notes };
}

/** @throws {Failure} where the image could not be the released one, and its tag may not move. */
async function sharedNotes(checkout: Checkout, release: Release, source: string, { images }: Platform): Promise<readonly string[]> {
  const shared = imageFolders(source).filter((folder) => folder !== source);
  const shas = (folder: string) =>
    Promise.all(
      [release.commit, checkout.commit].map(async (commit) => (await entryAt(checkout.root, commit, `${checkout.prefix}${folder}`))?.sha),
    );
  const changed: string[] = [];
  for (const folder of shared) {
    const [then, now] = await shas(folder);
    if (then !== now) changed.push(folder);
  }
  if (changed.length === 0) return [];
  const { name, version } = release.algorithm;
  const what = `${changed.join(' and ')} changed since ${name} ${version} and ${changed.length > 1 ? 'go' : 'goes'} into its image`;
  if (images.version_tags === 'immutable')
    throw new Failure(`${what}: from this source it would be another image than the one that was released; use method: image`);
  return [`${what}: the image that is built is another than the one that was released.`];
}

/** The entry's file as it was, but with the image that its version's tag points at in the place of a source. */
export async function putBackImage(checkout: Checkout, release: Release, platform: Platform): Promise<Restored> {
  const { file, algorithm } = release;
  const { path, mode, text } = file;
  if (algorithm.source === undefined) return putBackSource(checkout, release, platform);
  const content = withImage(text, await releasedImage(algorithm, platform), algorithm.file);
  return {
    paths: [{ path, mode, content }],
    algorithm: readEntry(content, algorithm.file, 'the entry would have faults with that image'),
    notes: [],
  };
}

function withImage(text: string, image: string, file: string): string {
  try {
    return editEntry(text, [{ path: ['image_uri'], value: image, insteadOf: 'source' }]);
  } catch (error) {
    throw error instanceof EditError ? new Failure(`${file}: ${error.message}`) : error;
  }
}

/** `repository@sha256:…`, in the platform's home region. */
async function releasedImage(
  { name, version }: Algorithm,
  { prefix, account, regions: [region], name: platform }: Platform,
): Promise<string> {
  const { ecr } = makeImageAws({ region });
  const repository = physicalNames({ prefix, account, region, platform }).repository(name);
  const [found, image] = await Promise.all([findRepository(ecr, repository), findImage(ecr, repository, `v${version}`)]);
  if (!found?.repositoryUri || !image)
    throw new Failure(`ECR in ${region} has no image ${repository}:v${version}; use method: source, which builds it again`);
  return `${found.repositoryUri}@${image.digest}`;
}
