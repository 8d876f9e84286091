import {
  InternalServerError,
  ProvisionedThroughputExceededException,
  RequestLimitExceeded,
  ThrottlingException,
} from '@aws-sdk/client-dynamodb';
import { QueueDoesNotExist, RequestThrottled } from '@aws-sdk/client-sqs';

/** What AWS says when it is the time that is wrong, and not the request. A queue that is missing is being made, or about to come back. */
const BUSY = [
  InternalServerError,
  ProvisionedThroughputExceededException,
  RequestLimitExceeded,
  ThrottlingException,
  QueueDoesNotExist,
  RequestThrottled,
];

/** What errors of the SDK and of Node's sockets carry. */
interface Traits {
  readonly $fault?: 'client' | 'server';
  readonly $retryable?: object;
  readonly $metadata?: { readonly httpStatusCode?: number };
  /** On Node's system errors: no connection, no address, connection lost. */
  readonly syscall?: string;
}

/** Whether the same request can succeed a moment later, after the SDK's own retries: throttled, out of order, or out of reach. */
export function isUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { $fault, $retryable, $metadata, syscall } = error as Traits;
  const status = $metadata?.httpStatusCode ?? 0;
  return (
    BUSY.some((kind) => error instanceof kind) ||
    $fault === 'server' ||
    $retryable !== undefined ||
    status === 429 ||
    status >= 500 ||
    syscall !== undefined ||
    error.name === 'TimeoutError'
  );
}
