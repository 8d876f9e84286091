/** What a failed AWS call means: to the run, and to whoever reads of it, with what to do. */

/** How the SDKs and services name the same trouble. Looked up by the exception's name. */
const ADVICE: readonly (readonly [RegExp, string])[] = [
  [
    /^(Throttling|ThrottlingException|TooManyRequestsException|RequestLimitExceeded|SlowDown|RequestThrottled\w*)$/,
    'AWS throttled the call, also when it was tried again; the next run goes on from here',
  ],
  [
    /^(AccessDenied\w*|UnauthorizedOperation|AuthorizationError\w*)$/,
    'the role of this run may not do that; `infra` grants what reconcile needs, so deploy the platform again or look at the policies above it',
  ],
  [
    /^(LimitExceeded\w*|ServiceQuotaExceeded\w*|OverLimit)$/,
    "a quota of the account is used up: ask AWS to raise it, and say so in the platform file's quotas",
  ],
  [
    /^(TimeoutError|ETIMEDOUT|ECONNRESET|ECONNREFUSED|NetworkingError|AbortError)$/,
    'AWS could not be reached; whether the call took effect is seen by the next run',
  ],
  [
    /^(ExpiredToken\w*|InvalidClientTokenId|UnrecognizedClientException|CredentialsProviderError)$/,
    'the credentials of this run are not valid any more: get new ones and run it again',
  ],
];

/** Whether a call failed only because what it was to make is there. */
export function isThereAlready(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return /^(RepositoryAlready|EntityAlready|QueueAlready|QueueName)Exists/.test(error.name) || /not idempotent/i.test(error.message); // ECS, of a service
}

/** The error's own message, and what to do about it where that is known. */
export function sentenceOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code } = error as { code?: unknown };
  const advice = ADVICE.find(([names]) => names.test(error.name) || (typeof code === 'string' && names.test(code)))?.[1];
  const message = error.message || error.name;
  return advice ? `${error.name === 'Error' ? message : `${error.name}: ${message}`} (${advice})` : message;
}
