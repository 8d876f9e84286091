/** The ports on AWS. Clients are made once per process; `AWS_ENDPOINT_URL` and credentials are the SDK's own business. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { GetObjectCommand, S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { ClientTable, cachedClients, deduplicationId, JobTable, type NameScope, physicalNames, Registry } from '@mip/registry';
import { DeadLetters } from './dead-letters.ts';
import type { Ports } from './ports.ts';
import type { RedrivePorts } from './redrive.ts';
import type { SweeperPorts } from './sweeper.ts';

/** Three tries of 1.5 s for each of the five calls of a submission stay within the API's 30 s; a healthy call takes milliseconds. */
const PATIENCE = { maxAttempts: 3, requestHandler: { connectionTimeout: 1000, requestTimeout: 5000, throwOnRequestTimeout: true } };

/** @param connection where AWS is not found by the SDK's own means, as in a test. */
export function awsPorts(scope: NameScope, connection: Pick<S3ClientConfig, 'endpoint' | 'credentials'> = {}): Ports {
  const names = physicalNames(scope);
  const config = { ...connection, region: scope.region, ...PATIENCE };
  const dynamodb = new DynamoDBClient(config);
  const now = () => new Date();
  return {
    clients: cachedClients(new ClientTable(dynamodb, names.table('clients')), now),
    registry: new Registry(DynamoDBDocumentClient.from(dynamodb), names.table('algorithms')),
    jobs: new JobTable(dynamodb, names.table('jobs')),
    requests: sqsRequests(new SQSClient(config)),
    results: s3Results(new S3Client({ ...config, forcePathStyle: true }), names.bucket('results')),
    now,
  };
}

/** What the sweeper and redrive work on. @param connection as for `awsPorts`. */
export function sweeperPorts(
  scope: NameScope,
  connection: Pick<S3ClientConfig, 'endpoint' | 'credentials'> = {},
): SweeperPorts & RedrivePorts {
  const names = physicalNames(scope);
  const config = { ...connection, region: scope.region, ...PATIENCE };
  const sqs = new SQSClient(config);
  return {
    jobs: new JobTable(new DynamoDBClient(config), names.table('jobs')),
    letters: new DeadLetters(sqs),
    requests: sqsRequests(sqs),
    names,
    now: () => new Date(),
  };
}

/** One message group per job: a poison job holds up nobody, and all jobs run in parallel. */
function sqsRequests(sqs: SQSClient): Ports['requests'] {
  return {
    async send(queueUrl, message) {
      await sqs.send(
        new SendMessageCommand({
          QueueUrl: queueUrl,
          MessageBody: JSON.stringify(message),
          MessageGroupId: message.job_key,
          MessageDeduplicationId: deduplicationId(message, message.delivery),
        }),
      );
    },
  };
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
