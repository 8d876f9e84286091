/** The image that an entry names, pinned by digest. */
import type { Platform } from '@mip/catalog';
import { isAllowedImage } from '@mip/catalog/rules/allowed-registry';
import { type EcrName, parseEcrName } from '@mip/registry/ecr';
import type { AdministrationPorts } from './ports.ts';

/** An image of an ECR. */
export interface ImageName extends EcrName {
  /** A tag, or a digest with its algorithm. */
  readonly reference: { readonly tag: string } | { readonly digest: string };
}

export interface PinnedImage {
  /** What the entry gets, and is judged with. */
  readonly uri: string;
  /** The tag that it was found by. */
  readonly tag?: string;
  /** Why it cannot be taken. */
  readonly fault?: string;
}

const REFERENCE = /^([a-z0-9.-]+(?::\d{1,5})?)\/([a-z0-9._/-]+?)(?::([A-Za-z0-9_][A-Za-z0-9._-]{0,127}))?(?:@(sha256:[0-9a-f]{64}))?$/;
/** Fits the schema, so that all else is judged, too. */
const NO_DIGEST = `sha256:${'0'.repeat(64)}`;

/**
 * What is no image's name stays as it is: the schema says what is wrong with it. So does one from a registry that some platform does not
 * allow, which nobody asks for anything.
 */
export async function pinImage(
  uri: string,
  platforms: readonly Platform[],
  registries: AdministrationPorts['registries'],
): Promise<PinnedImage> {
  const [, registry = '', repository = '', tag = 'latest', digest] = (uri.length <= 512 && REFERENCE.exec(uri)) || [];
  if (registry === '') return { uri };
  const pinned = (to: string) => `${registry}/${repository}@${to}`;
  if (!platforms.every((platform) => isAllowedImage(pinned(NO_DIGEST), platform))) return { uri: pinned(digest ?? NO_DIGEST) };
  const place = parseEcrName(`${registry}/${repository}`);
  if (!place) {
    if (digest !== undefined) return { uri };
    return {
      uri: pinned(NO_DIGEST),
      fault: 'names a tag of a registry that is no ECR, where none is looked up; name the digest, …@sha256:…',
    };
  }
  const found = await registries.digest({ ...place, reference: digest === undefined ? { tag } : { digest } });
  if (found === undefined)
    return {
      uri: pinned(digest ?? NO_DIGEST),
      fault: 'is not in its registry, or this platform may not see it; push it first, or mend its name or tag',
    };
  return { uri: pinned(found), ...(digest === undefined && { tag }) };
}
