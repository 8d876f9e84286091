/** Keys of a session; `expiration` says when to ask for others. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly expiration?: Date;
}

/** How to reach a region; without `endpoint` and `credentials` the SDK's own defaults hold. */
export interface Connection {
  readonly region: string;
  readonly endpoint?: string;
  readonly credentials?: Credentials | (() => Promise<Credentials>);
}

/** Throttled calls are tried again by the SDK, at a rate that adapts to what the service takes. */
export const RETRIES = { retryMode: 'adaptive', maxAttempts: 8 } as const;
