/** An earlier release at once, in every region of a platform: a pin that holds until its pull request is merged, at most for a while. */
import { info } from '@actions/core';
import type { Algorithm } from '@mip/catalog';
import { ReleasedContracts } from '@mip/catalog/released-contracts';
import { type CatalogOnDisk, openRegion, publishedByBuild } from '@mip/reconcile';
import { sentenceOf } from '@mip/reconcile/aws/errors';
import { pinFor, pinNow, releaseBefore } from '@mip/reconcile/pin';
import { pinWords } from '@mip/reconcile/pin-words';
import { code, table, text } from '@mip/reconcile/report/markdown';
import { Failure, type Place } from '../shared/action.ts';
import { checkedOut } from '../shared/checkout.ts';
import { summarise } from '../shared/summary.ts';

export interface PinRequest {
  readonly catalog: CatalogOnDisk;
  readonly algorithm: Algorithm;
  /** `''` for the last release before the present one; `catalog` ends a pin. */
  readonly version: string;
  readonly duration: string;
  readonly place: Place;
}

/** Of one region: why it was not done, or `''`. */
interface InRegion {
  readonly region: string;
  readonly error: string;
}

/** @returns the version, and until when. @throws {Failure} for regions where it was not done; the others are pinned all the same. */
export async function pinRelease({
  catalog,
  algorithm,
  version,
  duration,
  place,
}: PinRequest): Promise<{ version: string; until: string }> {
  const { root, platform } = catalog;
  const { name } = algorithm;
  const commit = await checkedOut(root);
  const by = `${place.actor}, ${place.runUrl}`;
  const pin = version === 'catalog' ? undefined : pinFor(versionOf(catalog, algorithm, version), duration, { by, commit }, new Date());
  const inOne = async (region: string): Promise<InRegion> => {
    try {
      const { aws, input } = await openRegion(catalog, { connection: { region }, images: publishedByBuild });
      const holding = { commit, holder: by, now: () => new Date(), note: (line: string) => info(`${region}: ${line}`) };
      const report = await pinNow(aws, input, { algorithm: name, pin }, holding);
      const stuck = report.outcomes.find(({ result }) => result === 'failed' || result === 'refused');
      return { region, error: stuck ? `${stuck.action} ${stuck.kind} ${stuck.name} ${stuck.result}: ${stuck.reason}` : '' };
    } catch (error) {
      return { region, error: sentenceOf(error) };
    }
  };
  const regions = await Promise.all(platform.regions.map(inOne));
  const words = pin ? pinWords(pin) : 'what the catalog says';
  const rows = regions.map(({ region, error }) => [error ? '❌' : '✅', code(region), text(error)]);
  await summarise(
    [`### ${text(`${name}: ${words}`)}`, table(['', 'region', 'why not'], rows), `By [this run](${place.runUrl}).`].join('\n\n'),
  );
  const failed = regions.filter(({ error }) => error !== '').map(({ region, error }) => `${region}: ${error}`);
  if (failed.length > 0) throw new Failure(failed.join('\n'));
  return { version: pin?.version ?? algorithm.version, until: pin?.until ?? '' };
}

function versionOf({ root }: CatalogOnDisk, algorithm: Algorithm, asked: string): string {
  const found = asked || releaseBefore(algorithm, new ReleasedContracts(root).versionsOf(algorithm.name));
  if (found === undefined) throw new Failure(`there is no release of ${algorithm.name} before ${algorithm.version}; give a version`);
  return found;
}
