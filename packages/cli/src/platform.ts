import { S3Client } from '@aws-sdk/client-s3';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { loadCatalog, type Platform, renderProblem } from '@mip/catalog';
import { type ImageStore, S3ImageStore } from '@mip/image-store';
import { type PhysicalNames, physicalNames } from '@mip/registry';
import { type Context, EXIT, Failure } from './context.ts';

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
  return { platform, ...namesOf(platform) };
}

function namesOf(platform: Platform): { region: string; names: PhysicalNames } {
  const { prefix, account, regions, name } = platform;
  const region = regions[0];
  return { region, names: physicalNames({ prefix, account, region, platform: name }) };
}

/** The platform's image store, with the key that its object names are hashed with. */
export async function openImageStore(context: Context, name: string): Promise<ImageStore> {
  const { names, region } = await openPlatform(context, name);
  const secret = await new SecretsManagerClient({ region }).send(new GetSecretValueCommand({ SecretId: names.imagesKey }));
  const s3 = new S3Client({ region, forcePathStyle: true });
  return new S3ImageStore({ s3, bucket: names.bucket('images'), key: secret.SecretString ?? '' });
}
