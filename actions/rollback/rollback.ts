/** An algorithm goes back to an earlier release by a pull request, which is reviewed, planned and merged like any other. */
import { info } from '@actions/core';
import type { Algorithm } from '@mip/catalog';
import type { CatalogOnDisk } from '@mip/reconcile';
import type { Place } from '../shared/action.ts';
import { checkedOut, prefixOf } from '../shared/checkout.ts';
import { connect } from '../shared/github.ts';
import { propose } from '../shared/proposal.ts';
import { proposedSummary } from '../shared/proposal-words.ts';
import { summarise } from '../shared/summary.ts';
import { findRelease } from './release.ts';
import { putBackImage, putBackSource } from './restore.ts';
import { rollbackBody, rollbackTitle } from './words.ts';

export const METHODS = ['source', 'image'] as const;

export interface RollbackRequest {
  readonly catalog: CatalogOnDisk;
  /** As it is. */
  readonly algorithm: Algorithm;
  /** `''` for the one before the present one. */
  readonly version: string;
  readonly method: (typeof METHODS)[number];
  readonly place: Place;
  readonly token: string;
}

export interface RolledBack {
  readonly version: string;
  /** Of the pull request. */
  readonly number: number;
}

export async function rollBack({ catalog, algorithm, version, method, place, token }: RollbackRequest): Promise<RolledBack> {
  const { root, platform } = catalog;
  const checkout = { root, commit: await checkedOut(root), prefix: await prefixOf(root) };
  const release = await findRelease(checkout, algorithm, version);
  const restored = await (method === 'image' ? putBackImage : putBackSource)(checkout, release, platform);
  const title = rollbackTitle(release.algorithm);
  const proposed = await propose(connect(token), {
    repository: place.repository,
    branch: `mip/rollback/${algorithm.name}-${release.algorithm.version}`,
    commit: checkout.commit,
    paths: restored.paths,
    title,
    body: rollbackBody({ from: algorithm, to: restored.algorithm, release, notes: restored.notes, runUrl: place.runUrl }),
  });
  info(`${title}: ${proposed.made} ${proposed.url}`);
  await summarise(proposedSummary(title, proposed));
  return { version: release.algorithm.version, number: proposed.number };
}
