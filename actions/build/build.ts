/**
 * READ FIRST. What changed is built, its cases run inside the image, and after the merge what passed is pushed:
 *
 *   catalog → what to build → image → conformance, old beside new → push → report
 */
import { info } from '@actions/core';
import type { Algorithm } from '@mip/catalog';
import type { Base } from '@mip/catalog/base';
import { hasPassed, type Interpreter } from '@mip/conformance';
import { apply, type CatalogOnDisk, openRegion, type Prepared, plan, publishedByBuild, renderReport } from '@mip/reconcile';
import { sentenceOf } from '@mip/reconcile/aws/errors';
import type { Place } from '../shared/action.ts';
import { readCatalog, withBase } from '../shared/catalog.ts';
import { checkedOut } from '../shared/checkout.ts';
import type { Need } from '../shared/needs.ts';
import { type Subject, type Tried, tryAlgorithm } from './cases.ts';
import type { Architecture, Engine } from './commands.ts';
import type { BuiltImage } from './image.ts';
import { needsOf } from './needs.ts';
import { BuiltImages, type PushedImage } from './publisher.ts';
import { tell } from './report.ts';
import { built, changedSince, lackingIn, refusedIn, repositoriesIn } from './wanted.ts';

export interface BuildRequest {
  readonly place: Place;
  readonly root: string;
  readonly platform: string;
  /** A name of the commit that the change starts from; `''` where nobody said. */
  readonly base: string;
  readonly push: boolean;
  readonly engine: Engine;
  /** This machine's. */
  readonly architecture: Architecture;
  readonly baseImage: string;
  /** The folder for the report. */
  readonly report: string;
  readonly pullRequest: number | undefined;
  readonly token: string;
  /** The repository with the judge: the one that this action is of. */
  readonly tools: string;
  /** Asked for when there is something to judge: it may have to be installed. */
  readonly python: () => Promise<Interpreter>;
  /** A folder that is removed afterwards. */
  readonly temporary: string;
  /** Of AWS, where it is not the public one. */
  readonly endpoint: string | undefined;
}

export interface Built {
  /** What was tried, by name. */
  readonly tried: readonly Tried[];
  readonly pushed: readonly PushedImage[];
  /** What clinical owners have to approve; undefined where nothing was compared. */
  readonly needs: readonly Need[] | undefined;
  /** The path of the HTML report; `''` where there is none. */
  readonly report: string;
  /** What did not go well, in sentences. */
  readonly failures: readonly string[];
}

export async function build(request: BuildRequest): Promise<Built> {
  const catalog = await readCatalog(request.root, request.platform);
  const done = await (request.push ? buildMerged(catalog, request) : buildChange(catalog, request));
  const failed = done.tried.filter(({ conformance }) => !hasPassed(conformance)).map(({ algorithm }) => algorithm.name);
  const failures = [...(failed.length > 0 ? [`conformance failed for ${failed.join(', ')}`] : []), ...done.failures];
  return {
    ...done,
    failures,
    report: await tell(
      done.tried.map(({ conformance }) => conformance),
      request,
    ),
  };
}

type Work = Omit<Built, 'report'>;

/** A pull request: what differs from the base, and nothing is pushed. */
async function buildChange(catalog: CatalogOnDisk, request: BuildRequest): Promise<Work> {
  const { root, base } = request;
  const commit = await checkedOut(root);
  const work = async (algorithms: readonly Algorithm[], opened: Base | undefined): Promise<Work> => {
    const subject = { commit, base: opened, absent: 'the action was given no base to compare with' };
    const tried = await tryEach(algorithms, subject, request);
    return { tried, pushed: [], failures: [], needs: opened && needsOf(catalog.algorithms, tried, opened.root) };
  };
  if (!base) return work(built(catalog), undefined);
  return withBase(root, base, async (opened) => work(await changedSince(catalog, opened.root), opened));
}

/** After the merge: what the repositories lack, whoever merged it and whenever; what did not pass stays out of them. */
async function buildMerged(catalog: CatalogOnDisk, request: BuildRequest): Promise<Work> {
  const commit = await checkedOut(request.root);
  const { regions } = catalog.platform;
  const plans = await Promise.all(regions.map((region) => planIn(region, catalog)));
  const lacking = new Set(plans.flatMap(lackingIn));
  const subject = { commit, base: undefined, absent: 'the pull request showed it beside the old version' };
  const tried = await tryEach(
    catalog.algorithms.filter(({ name }) => lacking.has(name)),
    subject,
    request,
  );
  const images = new Map(
    tried.flatMap(({ algorithm: { name }, image, conformance }) => (image && hasPassed(conformance) ? [[name, image] as const] : [])),
  );
  const publisher = new BuiltImages({ ...request, images });
  const failures: string[] = plans.flatMap(refusedIn);
  for (const region of regions) {
    const failed = await pushTo(region, { catalog, images, publisher, commit }, request).catch((error) => [
      `${region}: ${sentenceOf(error)}`,
    ]);
    failures.push(...failed);
  }
  return { tried, pushed: publisher.pushed, failures, needs: undefined };
}

async function tryEach(
  algorithms: readonly Algorithm[],
  subject: Omit<Subject, 'python'>,
  request: BuildRequest,
): Promise<readonly Tried[]> {
  if (algorithms.length === 0) return [];
  const python = await request.python();
  const tried: Tried[] = [];
  for (const algorithm of algorithms) tried.push(await tryAlgorithm(algorithm, { ...subject, python }, request));
  return tried;
}

async function planIn(region: string, catalog: CatalogOnDisk): Promise<Prepared> {
  const { aws, input } = await openRegion(catalog, { connection: { region }, images: publishedByBuild });
  return plan(aws, input);
}

interface Push {
  readonly catalog: CatalogOnDisk;
  readonly images: ReadonlyMap<string, BuiltImage>;
  readonly publisher: BuiltImages;
  readonly commit: string;
}

/** The repositories by their kind, what is in them by the publisher. @returns what failed, in sentences. */
async function pushTo(region: string, { catalog, images, publisher, commit }: Push, { place }: BuildRequest): Promise<readonly string[]> {
  const { aws, input } = await openRegion(catalog, { connection: { region }, images: publisher });
  const prepared = repositoriesIn(await plan(aws, input), new Set(images.keys()));
  if (prepared.plan.changes.length === 0) return [];
  const holder = `${place.actor}, ${place.runUrl}`;
  const report = await apply(aws, prepared, { commit, holder, now: () => new Date(), note: info });
  info(renderReport(report, { colour: false }));
  return report.outcomes.flatMap(({ algorithm, result, reason }) =>
    result === 'done' ? [] : [`${algorithm} in ${region}: ${reason || result}`],
  );
}
