/** A released version in the place of the catalog's, for a while and at once: written into the algorithm's row, then applied to it alone. */

import { type Pin, Registry } from '@mip/registry';
import { compare } from 'semver';
import type { Algorithm } from './algorithm.ts';
import type { Aws } from './aws/clients.ts';
import { releasedImages } from './aws/released.ts';
import { narrow } from './narrow.ts';
import { parseDuration } from './override.ts';
import { apply, type Input, plan } from './reconcile.ts';
import type { Report, RunOptions } from './run.ts';
import { releaseOf } from './served.ts';
import { leaseFor, underLease } from './under-lease.ts';

export interface PinOrder {
  readonly algorithm: string;
  /** Undefined goes back to what the catalog says. */
  readonly pin: Pin | undefined;
}

/**
 * Safe to repeat: what stops after the row was written is finished by the next apply, like any change of the catalog.
 * @throws Error, before anything is written, for a version that cannot run.
 */
export async function pinNow(aws: Aws, input: Input, { algorithm: name, pin }: PinOrder, options: RunOptions): Promise<Report> {
  const { platform } = input;
  const algorithm = input.algorithms.find((one) => one.name === name);
  if (!algorithm) throw new Error(`the catalog has no algorithm ${name}`);
  if (pin) await check(aws, input, algorithm, pin);
  await underLease(aws, await leaseFor(aws, platform, options), () =>
    new Registry(aws.dynamodb, platform.names.table('algorithms')).pin(name, platform.catalogId, pin ?? null),
  );
  const prepared = await plan(aws, input);
  const refusal = prepared.plan.refusals.find((one) => one.algorithm === name);
  if (refusal) throw new Error(`${name} is left as it is: ${refusal.reason}`);
  return apply(
    aws,
    narrow(prepared, (change) => change.algorithm === name),
    options,
  );
}

async function check(aws: Aws, { contracts, platform }: Input, algorithm: Algorithm, pin: Pin): Promise<void> {
  const { name, version, releases } = algorithm;
  if (pin.version === version) throw new Error(`${name} is at ${version} by the catalog already`);
  if (releases?.some((one) => one.version === pin.version && one.yanked))
    throw new Error(`${name} ${pin.version} was yanked; choose another release`);
  const images = await releasedImages(aws, platform.names, [{ name, version: pin.version }]);
  const released = releaseOf(algorithm, pin.version, { images, ...(contracts && { contracts }) });
  if (typeof released === 'string') throw new Error(`${name} cannot be pinned to ${pin.version}: ${released}`);
}

/** What a rollback goes back to: the last release before the present version that was not yanked. @param released the versions with a contract. */
export function releaseBefore(
  { version, releases }: Pick<Algorithm, 'version' | 'releases'>,
  released: readonly string[],
): string | undefined {
  const yanked = new Set(releases?.filter((one) => one.yanked).map((one) => one.version));
  return released
    .filter((one) => compare(one, version) < 0 && !yanked.has(one))
    .toSorted(compare)
    .at(-1);
}

/** From now on. @throws {Error} with a sentence that says how to write the duration. */
export function pinFor(version: string, duration: string, { by, commit }: Pick<Pin, 'by' | 'commit'>, now: Date): Pin {
  const until = new Date(now.getTime() + parseDuration(duration)).toISOString();
  return { version, until, by, ...(commit !== undefined && { commit }) };
}
