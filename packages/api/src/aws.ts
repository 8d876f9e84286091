/** The ports on AWS. Clients are made once per process; `AWS_ENDPOINT_URL` and credentials are the SDK's own business. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { ECSClient } from '@aws-sdk/client-ecs';
import { GetObjectCommand, S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import {
  BUILT_IN_PACS,
  ClientTable,
  ConnectionTable,
  cachedClients,
  cachedRegistry,
  JobTable,
  type NameScope,
  OpenJobs,
  type PhysicalNames,
  physicalNames,
  RateTable,
  Registry,
} from '@mip/registry';
import { type Identity, Tokens } from '@mip/registry/identity/tokens';
import { BuiltInImages } from './look/built-in.ts';
import { DicomwebImages } from './look/dicomweb.ts';
import { DicomwebClient } from './look/dicomweb-client.ts';
import { imagesOf } from './look/images.ts';
import type { ImageSource } from './look/look.ts';
import { authorization, type Pacs } from './look/pacs.ts';
import { remembered } from './look/secrets.ts';
import { NO_LIMITS } from './middleware/limit-rate.ts';
import { tellWaker } from './middleware/log.ts';
import { PATIENCE } from './patience.ts';
import type { Limits, Ports } from './ports.ts';
import { sqsEvents } from './sqs-events.ts';
import { sqsRequests } from './sqs-requests.ts';
import { EcsWaker } from './waker.ts';

/** An event is worth waiting for less than an answer is. */
const IMPATIENCE = { maxAttempts: 2, requestHandler: { connectionTimeout: 500, requestTimeout: 2000, throwOnRequestTimeout: true } };

export interface AwsOptions {
  /** Where AWS is not found by the SDK's own means, as in a test. */
  readonly connection?: Pick<S3ClientConfig, 'endpoint' | 'credentials'>;
  /** The PACSs of the platform beside its own store; none by default. */
  readonly pacs?: readonly Pacs[];
  /** The PACS that is meant where a request names none; the platform's own store by default. */
  readonly defaultPacs?: string;
  /** Where callbacks may go beside public addresses; nowhere by default. */
  readonly callbacks?: readonly string[];
  /** Roles of clients that may override rules on the input; none by default. */
  readonly overrideRoles?: readonly string[];
  /** How long a look at images may take; 300 by default. */
  readonly lookMs?: number;
  /** The most bytes that one image may have when it is decoded; no limit by default. */
  readonly maxImageBytes?: number;
  /** What a client may ask for where nothing else is said of it; no limits by default. */
  readonly limits?: Limits;
  /** For how long a row of the registry is remembered, in milliseconds; 5,000 by default. */
  readonly rowsKeptMs?: number;
  /** Whose tokens are taken; without it, nobody's. */
  readonly identity?: Identity;
  /** Where clients open a WebSocket; there is none by default. */
  readonly websocketUrl?: string;
  /** Told why a line could not be woken; written to the log by default. */
  readonly onFault?: (fault: Error) => void;
}

/** Shorter than the minute that reconcile waits between a withdrawal and its look at the queue. */
const ROWS_KEPT_MS = 5000;

export function awsPorts(scope: NameScope, options: AwsOptions = {}): Ports {
  const {
    connection = {},
    limits = NO_LIMITS,
    rowsKeptMs = ROWS_KEPT_MS,
    identity,
    callbacks = [],
    overrideRoles = [],
    websocketUrl = '',
    onFault = tellWaker,
  } = options;
  const names = physicalNames(scope);
  const config = { ...connection, region: scope.region, ...PATIENCE };
  const dynamodb = new DynamoDBClient(config);
  const document = DynamoDBDocumentClient.from(dynamodb);
  const secrets = new SecretsManagerClient(config);
  const now = () => new Date();
  const registry = new Registry(document, names.table('algorithms'));
  return {
    clients: cachedClients(new ClientTable(dynamodb, names.table('clients')), now),
    ...(identity && { tokens: Tokens.of(identity, now) }),
    limits,
    rates: new RateTable(document, names.table('connections')),
    openJobs: new OpenJobs(document, names.table('jobs')),
    registry: cachedRegistry(registry, rowsKeptMs, now),
    jobs: new JobTable(dynamodb, names.table('jobs')),
    images: images({ document, secrets, names }, options),
    requests: sqsRequests(
      new SQSClient(config),
      new EcsWaker({ dynamodb, ecs: new ECSClient({ ...config, maxAttempts: 2 }), registry, names, now, onFault }),
    ),
    callbacks: { allowed: callbacks },
    overrideRoles,
    events: sqsEvents(new SQSClient({ ...config, ...IMPATIENCE }), names.resultsQueue),
    results: s3Results(new S3Client({ ...config, forcePathStyle: true }), names.bucket('results')),
    connections: new ConnectionTable(dynamodb, names.table('connections')),
    websocketUrl,
    now,
  };
}

/** What looks at images reaches. */
interface Reach {
  readonly document: DynamoDBDocumentClient;
  readonly secrets: SecretsManagerClient;
  readonly names: PhysicalNames;
}

function images({ document, secrets, names }: Reach, { pacs = [], defaultPacs = BUILT_IN_PACS, lookMs, maxImageBytes }: AwsOptions) {
  const sources = new Map([[BUILT_IN_PACS, builtIn(document, secrets, names)], ...pacs.map((one) => dicomweb(one, secrets, names))]);
  return imagesOf(sources, { defaultName: defaultPacs, lookMs, maxImageBytes });
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
