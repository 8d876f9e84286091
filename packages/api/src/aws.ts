/** The ports on AWS. Clients are made once per process; `AWS_ENDPOINT_URL` and credentials are the SDK's own business. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { GetObjectCommand, S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { ClientTable, cachedClients, JobTable, type NameScope, type PhysicalNames, physicalNames, Registry } from '@mip/registry';
import { BuiltInImages } from './look/built-in.ts';
import { DicomwebImages } from './look/dicomweb.ts';
import { DicomwebClient } from './look/dicomweb-client.ts';
import { imagesOf } from './look/images.ts';
import type { ImageSource } from './look/look.ts';
import { authorization, type Pacs } from './look/pacs.ts';
import { remembered } from './look/secrets.ts';
import type { Ports } from './ports.ts';
import { sqsRequests } from './sqs-requests.ts';
import { BUILT_IN } from './submission.ts';

/** Three tries of 1.5 s for each of the five calls of a submission stay within the API's 30 s; a healthy call takes milliseconds. */
const PATIENCE = { maxAttempts: 3, requestHandler: { connectionTimeout: 1000, requestTimeout: 5000, throwOnRequestTimeout: true } };

export interface AwsOptions {
  /** Where AWS is not found by the SDK's own means, as in a test. */
  readonly connection?: Pick<S3ClientConfig, 'endpoint' | 'credentials'>;
  /** The PACSs of the platform beside its own store; none by default. */
  readonly pacs?: readonly Pacs[];
  /** The PACS that is meant where a request names none; the platform's own store by default. */
  readonly defaultPacs?: string;
  /** How long a look at images may take; 300 by default. */
  readonly lookMs?: number;
  /** The most bytes that one image may have when it is decoded; no limit by default. */
  readonly maxImageBytes?: number;
}

export function awsPorts(
  scope: NameScope,
  { connection = {}, pacs = [], defaultPacs = BUILT_IN, lookMs, maxImageBytes }: AwsOptions = {},
): Ports {
  const names = physicalNames(scope);
  const config = { ...connection, region: scope.region, ...PATIENCE };
  const dynamodb = new DynamoDBClient(config);
  const document = DynamoDBDocumentClient.from(dynamodb);
  const secrets = new SecretsManagerClient(config);
  const now = () => new Date();
  return {
    clients: cachedClients(new ClientTable(dynamodb, names.table('clients')), now),
    registry: new Registry(document, names.table('algorithms')),
    jobs: new JobTable(dynamodb, names.table('jobs')),
    images: imagesOf(new Map([[BUILT_IN, builtIn(document, secrets, names)], ...pacs.map((one) => dicomweb(one, secrets, names))]), {
      defaultName: defaultPacs,
      lookMs,
      maxImageBytes,
    }),
    requests: sqsRequests(new SQSClient(config)),
    results: s3Results(new S3Client({ ...config, forcePathStyle: true }), names.bucket('results')),
    now,
  };
}

/** The key never changes: what is stored under its hashes could not be found again. */
function builtIn(document: DynamoDBDocumentClient, secrets: SecretsManagerClient, names: PhysicalNames): ImageSource {
  const imagesKey = remembered(secrets, names.imagesKey, Number.POSITIVE_INFINITY);
  imagesKey().catch(() => undefined); // while the process starts, so that the first look need not wait for it
  return new BuiltInImages({ document, table: names.table('images'), imagesKey });
}

/** Its credentials are read again after a minute, so that new ones need no restart. */
function dicomweb(pacs: Pacs, secrets: SecretsManagerClient, names: PhysicalNames): [string, ImageSource] {
  const secret = remembered(secrets, names.pacsSecret(pacs.name), 60_000);
  const headers = async () => (pacs.credentials ? authorization(await secret()) : {});
  return [pacs.name, new DicomwebImages(new DicomwebClient(pacs, headers))];
}

/** Signing is arithmetic on this side: no call to AWS. */
function s3Results(s3: S3Client, bucket: string): Ports['results'] {
  return {
    link(file, seconds) {
      const command = new GetObjectCommand({
        Bucket: bucket,
        Key: file.key,
        ResponseContentDisposition: `attachment; filename="${file.name}"`,
        ResponseContentType: file.media_type,
      });
      return getSignedUrl(s3, command, { expiresIn: seconds });
    },
  };
}
