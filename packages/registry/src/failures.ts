/** What the errors of AWS's clients and of Node's sockets say of themselves. Pure. */

/** Beside the name and the message. */
interface Traits {
  readonly $fault?: 'client' | 'server';
  readonly $retryable?: object;
  readonly $metadata?: { readonly httpStatusCode?: number; readonly requestId?: string };
  /** On Node's system errors: no connection, no address, connection lost. */
  readonly syscall?: string;
}

/**
 * Whether the same request can succeed a moment later, after the SDK's own retries: throttled, out of order, or out of reach. Some errors
 * carry no more than their name; which of those pass is known to whoever called the service.
 */
export function isPassing(error: Error): boolean {
  const { $fault, $retryable, $metadata, syscall } = error as Traits;
  const status = $metadata?.httpStatusCode ?? 0;
  return (
    $fault === 'server' ||
    $retryable !== undefined ||
    status === 429 ||
    status >= 500 ||
    syscall !== undefined ||
    error.name === 'TimeoutError'
  );
}

/** An error for the log, by its name and where it came from; its message may repeat what was sent. */
export function errorSummary(error: unknown) {
  if (!(error instanceof Error)) return { name: typeof error };
  const frames = (error.stack ?? '')
    .replace(error.message, '')
    .split('\n')
    .filter((line) => /^\s+at /.test(line));
  const { $metadata } = error as Traits;
  return {
    name: error.name,
    status: $metadata?.httpStatusCode,
    request_id: $metadata?.requestId,
    frames: frames.map((line) => line.trim()),
  };
}
