import { isPassing } from '@mip/registry/failures';
import { IssuerUnavailable } from '@mip/registry/identity/issuer-keys';

/** By which AWS says that it is the time that is wrong, and not the request; of errors that carry no more than their name. */
const BUSY: ReadonlySet<string> = new Set([
  'InternalServerError',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'ThrottlingException',
  'TransactionInProgressException',
  'TransactionConflictException',
  'SlowDown',
]);

/** Whether the same request can succeed a moment later, after the SDK's own retries. */
export function isUnavailable(error: unknown): boolean {
  return error instanceof Error && (error instanceof IssuerUnavailable || BUSY.has(error.name) || isPassing(error));
}
