import {
  InternalServerError,
  ProvisionedThroughputExceededException,
  RequestLimitExceeded,
  ThrottlingException,
} from '@aws-sdk/client-dynamodb';
import { QueueDoesNotExist, RequestThrottled } from '@aws-sdk/client-sqs';
import { isPassing } from '@mip/registry/failures';
import { IssuerUnavailable } from '@mip/registry/identity/issuer-keys';
import { isThrottlingError } from '@smithy/core/retry';

/** What AWS says when it is the time that is wrong, and not the request. A queue that is missing is being made, or about to come back. */
const BUSY = [
  InternalServerError,
  ProvisionedThroughputExceededException,
  RequestLimitExceeded,
  ThrottlingException,
  QueueDoesNotExist,
  RequestThrottled,
  IssuerUnavailable,
];

/** Whether the same request can succeed a moment later, after the SDK's own retries. */
export function isUnavailable(error: unknown): boolean {
  return (
    error instanceof Error &&
    (BUSY.some((kind) => error instanceof kind) || isThrottlingError(error as Parameters<typeof isThrottlingError>[0]) || isPassing(error))
  );
}
