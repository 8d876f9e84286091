import { contractOf } from '@mip/registry/contract';
import { contractDiff } from '@mip/registry/contract-diff';
import { compare, inc } from 'semver';
import type { Algorithm, Platform } from '../entry.ts';
import { imageFolders } from '../image-folders.ts';
import { CONTRACT_FIELDS } from './frozen-contract.ts';
import type { Before, Rule } from './rule.ts';

/**
 * Whether a version, once built, stays what it is. Every platform runs the same entries, so one platform whose version tags stay binds the
 * whole catalog: there the build action could not push a changed source under the old tag. Where all tags may move, as in the local cloud
 * alone, an edited file is live a moment later under its old version, and reconcile's own refusal (`contractRefusals`) keeps quiet as well.
 */
export function versionsStay(platforms: readonly Platform[]): boolean {
  return platforms.some(({ images }) => images.version_tags === 'immutable');
}

/** What runs is another, so it has another version: the base's tree (the files of its image's folders) or its image against this one's. */
export const needsVersion: Rule = {
  name: 'needs-version',
  severity: 'error',
  reads: ['name', 'version', 'source', 'image_uri'],
  readsPlatform: ['images'],
  *check({ algorithms, platforms, releases }) {
    const before = releases?.before;
    if (!before || !versionsStay(platforms)) return;
    for (const of of algorithms) {
      const base = before.entry(of);
      const message = base && faultOf(of, base, before);
      if (message) yield { of, pointer: '/version', message };
    }
  },
};

function faultOf(of: Algorithm, base: Algorithm, before: Before): string | undefined {
  const direction = compare(of.version, base.version);
  if (direction > 0) return undefined;
  if (direction < 0) {
    // A rollback: what was built then is served again.
    if (before.hasContract(of.name, of.version)) return undefined;
    return `goes back from ${base.version} to ${of.version}, which was never released; make it later than ${base.version}, or name a released version`;
  }
  const what = whatRuns(of, base, before.changed);
  return what && `${what}, but the version is still ${of.version}; make it ${inc(of.version, 'patch')} or later`;
}

/** In words, what of the image changed. */
function whatRuns(of: Algorithm, base: Algorithm, changed: readonly string[]): string | undefined {
  if (of.source !== base.source) return `the source was ${base.source ?? base.image_uri} and is ${of.source ?? of.image_uri}`;
  if (of.source === undefined) return of.image_uri === base.image_uri ? undefined : 'the image is another';
  const folders = imageFolders(of.source);
  const files = changed.filter((path) => folders.some((folder) => path.startsWith(`${folder}/`)));
  if (!files.length) return undefined;
  return files.length === 1 ? `${files[0]} changed` : `${files[0]} and ${files.length - 1} more files of its image changed`;
}

/** A change that breaks callers raises the major version, below 1.0.0 the minor one. */
export const needsMajor: Rule = {
  name: 'needs-major',
  severity: 'error',
  reads: CONTRACT_FIELDS,
  readsPlatform: ['images'],
  *check({ algorithms, platforms, releases }) {
    const before = releases?.before;
    if (!before || !versionsStay(platforms)) return;
    for (const of of algorithms) {
      const base = before.entry(of);
      // Under the same version the frozen contract says it already, unless it was never frozen.
      if (!base || base === of || (base.version === of.version && before.hasContract(of.name, of.version))) continue;
      const { changes, satisfied, needs } = contractDiff(contractOf(base), contractOf(of));
      const broken = changes.filter(({ effect }) => effect === 'breaking').map(({ sentence }) => sentence);
      if (satisfied || !broken.length) continue;
      const message = `version ${of.version} breaks callers of ${base.version} (${broken.join('; ')}); make it ${needs} or later`;
      yield { of, pointer: '/version', message };
    }
  },
};

/** Told once, by the first platform that asks for it: that nobody named a base. */
export const needsBase: Rule = {
  name: 'needs-base',
  severity: 'warning',
  reads: [],
  readsPlatform: ['images'],
  *check({ platforms, releases }) {
    const of = platforms.find((platform) => versionsStay([platform]));
    if (!of || !releases || releases.before) return;
    yield {
      of,
      pointer: '/images/version_tags',
      message: 'not checked without a base: whether what changed has a new version; name one, such as mip validate --base origin/main',
    };
  },
};
