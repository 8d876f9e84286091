/** The ports of the administration on AWS and, for the catalog, on GitHub or a folder. */
import { DescribeImagesCommand, ECRClient } from '@aws-sdk/client-ecr';
import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { PlatformFile } from '@mip/catalog';
import type { CatalogStore } from '@mip/catalog/store';
import { type NameScope, physicalNames } from '@mip/registry';
import { remembered } from '../look/secrets.ts';
import { PATIENCE } from '../patience.ts';
import type { ImageName } from './image.ts';
import type { AdministrationPorts } from './ports.ts';
import { S3RunHistory } from './runs.ts';

/** As `catalog` of a platform file has it, but a folder is a whole path. */
export type CatalogPlace = NonNullable<PlatformFile['catalog']>;

/** New credentials hold after this time. */
const SECRET_KEPT_MS = 60_000;

export interface AdministrationOptions {
  /** `MIP_CATALOG`: a `CatalogPlace` in JSON; empty where the API changes no catalog. */
  readonly catalog: string;
  readonly connection?: Pick<S3ClientConfig, 'endpoint' | 'credentials'>;
  readonly now: () => Date;
}

export function administrationPorts(scope: NameScope, { catalog, connection = {}, now }: AdministrationOptions): AdministrationPorts {
  const names = physicalNames(scope);
  const config = { ...connection, region: scope.region, ...PATIENCE };
  const secret = remembered(new SecretsManagerClient(config), names.githubSecret, SECRET_KEPT_MS);
  return {
    catalog: storeOf(catalog === '' ? {} : (JSON.parse(catalog) as CatalogPlace), secret),
    registries: ecrRegistries((region) => new ECRClient({ ...config, region })),
    runs: new S3RunHistory(new S3Client({ ...config, forcePathStyle: true }), names.bucket('reconciles'), now),
  };
}

/**
 * What opens it is loaded with the first change.
 *
 * @param secret the text of the secret of GitHub
 */
export function storeOf(place: CatalogPlace, secret: () => Promise<string>): CatalogStore {
  let made: Promise<CatalogStore> | undefined;
  const store = () => {
    made ??= openStore(place, secret);
    return made;
  };
  return {
    open: async () => (await store()).open(),
    propose: async (snapshot, change) => (await store()).propose(snapshot, change),
  };
}

async function openStore(
  { folder, repository, branch = 'main', path, api_url: apiUrl }: CatalogPlace,
  secret: () => Promise<string>,
): Promise<CatalogStore> {
  const { FolderStore, StoreUnavailable } = await import('@mip/catalog/store');
  if (folder !== undefined) return new FolderStore(folder);
  const [owner, repo] = repository?.split('/') ?? [];
  if (owner === undefined || repo === undefined) {
    const none = async () => {
      throw new StoreUnavailable('the platform file names none; name its repository under catalog, and deploy the platform', false);
    };
    return { open: none, propose: none };
  }
  const { GitHubStore } = await import('./github-store.ts');
  return new GitHubStore({ repository: { owner, repo }, branch, path, apiUrl, secret });
}

/** Of another account it may say no more than that it shows nothing. */
const MISSING = ['ImageNotFoundException', 'RepositoryNotFoundException', 'InvalidParameterException', 'AccessDeniedException'];

/** One client a region. */
export function ecrRegistries(clientOf: (region: string) => Pick<ECRClient, 'send'>): AdministrationPorts['registries'] {
  const clients = new Map<string, Pick<ECRClient, 'send'>>();
  return {
    async digest({ account, region, repository, reference }: ImageName) {
      const client = clients.get(region) ?? clientOf(region);
      clients.set(region, client);
      const imageId = 'tag' in reference ? { imageTag: reference.tag } : { imageDigest: reference.digest };
      const command = new DescribeImagesCommand({ registryId: account, repositoryName: repository, imageIds: [imageId] });
      try {
        return (await client.send(command)).imageDetails?.[0]?.imageDigest;
      } catch (error) {
        if (MISSING.some((name) => error instanceof Error && error.name === name)) return undefined;
        throw error;
      }
    },
  };
}
