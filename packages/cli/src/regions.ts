/** The same in every region of a platform: each has its own registry, queues and services, and one that fails leaves the others. */
import type { Platform } from '@mip/catalog';
import { printableJson } from '@mip/catalog/printable';
import type { Region } from '@mip/reconcile';
import { type Context, Failure, type GlobalOptions } from './context.ts';
import { sentenceOf } from './sentence.ts';
import { loadValid, openWorkspace, type WorkspaceOptions } from './workspace.ts';

/** What came of one region: a value, or a sentence that says why there is none. */
export type InRegion<T> = { readonly region: string } & ({ readonly value: T; readonly error?: never } | { readonly error: string });

/** In the order of the platform file. @throws {Failure} for faults of the catalog, and for a region that the platform does not have. */
export async function inEveryRegion<T>(
  context: Context,
  { platform: name, region: only }: Pick<GlobalOptions, 'platform' | 'region'>,
  options: WorkspaceOptions,
  work: (workspace: Region) => Promise<T>,
): Promise<readonly InRegion<T>[]> {
  const catalog = await loadValid(context, name);
  const inOne = async (region: string) => work(await openWorkspace(context, catalog, region, options));
  return Promise.all(regionsOf(catalog.platform, only).map((region) => inRegion(region, () => inOne(region))));
}

/** What comes of one region; what fails there is its sentence. */
export async function inRegion<T>(region: string, work: () => Promise<T>): Promise<InRegion<T>> {
  try {
    return { region, value: await work() };
  } catch (error) {
    return { region, error: sentenceOf(error) };
  }
}

/** All regions of a platform, or the one that is asked for. @throws {Failure} for one that the platform does not have. */
export function regionsOf({ name, regions }: Platform, only: string | undefined): readonly string[] {
  if (only && !regions.includes(only)) throw new Failure(`platform ${name} is not in ${only}; it is in ${regions.join(', ')}.`);
  return regions.filter((region) => !only || region === only);
}

/** Shows what came of each region: one JSON document for machines, `render` and a sentence for people. */
export function show<T>(context: Context, json: boolean, results: readonly InRegion<T>[], views: Views<T>): void {
  if (json) {
    const regions = results.map(({ region, ...one }) => ({ region, ...('value' in one ? views.json(one.value) : { error: one.error }) }));
    context.print(printableJson({ regions }, 2));
    return;
  }
  for (const result of results) {
    if (result.error === undefined) context.print(views.render(result.value));
    else context.warn(results.length > 1 ? `mip: ${result.region}: ${result.error}` : `mip: ${result.error}`);
  }
}

/** Two ways to look at what came of a region. */
export interface Views<T> {
  readonly json: (value: T) => object;
  readonly render: (value: T) => string;
}

/** The worst of the regions' exit codes; a region without a value failed. */
export function worst<T>(results: readonly InRegion<T>[], codeOf: (value: T) => number): number {
  const codes = results.map((result) => (result.error === undefined ? codeOf(result.value) : 1));
  return codes.includes(1) ? 1 : Math.max(0, ...codes);
}
