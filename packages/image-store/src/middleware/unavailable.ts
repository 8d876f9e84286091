/** What errors of the SDK and of Node's sockets carry. */
interface Traits {
  readonly $fault?: 'client' | 'server';
  readonly $retryable?: object;
  readonly $metadata?: { readonly httpStatusCode?: number };
  /** On Node's system errors: no connection, no address, connection lost. */
  readonly syscall?: string;
}

/** By which AWS says that it is the time that is wrong, and not the request; of errors that carry no more than their name. */
const BUSY: ReadonlySet<string> = new Set([
  'InternalServerError',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'ThrottlingException',
  'TransactionInProgressException',
  'TransactionConflictException',
  'SlowDown',
  'TimeoutError',
]);

/** Whether the same request can succeed a moment later, after the SDK's own retries: throttled, out of order, or out of reach. */
export function isUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { $fault, $retryable, $metadata, syscall } = error as Traits;
  const status = $metadata?.httpStatusCode ?? 0;
  return (
    BUSY.has(error.name) || $fault === 'server' || $retryable !== undefined || status === 429 || status >= 500 || syscall !== undefined
  );
}
