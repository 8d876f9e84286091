import { loadCatalog, type Platform, renderProblem } from '@mip/catalog';
import { StowClient } from '@mip/image-store';
import { type NameScope, type PhysicalNames, physicalNames } from '@mip/registry';
import { type Context, EXIT, Failure, required } from './context.ts';

/** A platform file, and the names of its first region. Loads the variables that the file's `environment_file` names. */
export interface OpenPlatform {
  readonly platform: Platform;
  readonly region: string;
  readonly names: PhysicalNames;
}

/** @throws {Failure} when there is no such platform, or it has faults (exit code 2). */
export async function openPlatform(context: Context, name: string): Promise<OpenPlatform> {
  const catalog = await loadCatalog(context.root, { platform: name });
  const platform = catalog.platforms.find((one) => one.name === name);
  if (!platform) {
    const faults = catalog.problems.filter((problem) => problem.file.endsWith(`platforms/${name}.yaml`)).map(renderProblem);
    throw new Failure(faults.join('\n') || `there is no platform ${name}: catalog/platforms has no ${name}.yaml`, EXIT.pending);
  }
  if (platform.environment_file) context.loadEnvironment(platform.environment_file);
  return { platform, region: platform.regions[0], names: physicalNames(scopeOf(platform)) };
}

/** What the names of a platform depend on, in its first region or another. */
export function scopeOf({ prefix, account, regions, name }: Platform, region: string = regions[0]): NameScope {
  return { prefix, account, region, platform: name };
}

/** The platform's image store, by its address and the client's key. */
export async function openImageStore(context: Context, name: string): Promise<StowClient> {
  await openPlatform(context, name);
  return new StowClient({ url: required(context, 'MIP_DICOMWEB_URL'), key: required(context, 'MIP_API_KEY') });
}
