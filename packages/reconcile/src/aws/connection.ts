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
  /** Where ECS is, and Application Auto Scaling, where they are not behind `endpoint`. */
  readonly ecsEndpoint?: string;
  readonly scalingEndpoint?: string;
  readonly credentials?: Credentials | (() => Promise<Credentials>);
  /** How long a call may go without an answer before it is given up and tried again; half a minute. */
  readonly answerWithinMs?: number;
}

/** For every client: throttled calls are tried again at a rate that adapts to what the service takes, and one without an answer is given up. */
export function configOf(
  { answerWithinMs = 30_000, ecsEndpoint, scalingEndpoint, ...connection }: Connection,
  service?: 'ecs' | 'scaling',
) {
  const requestHandler = { connectionTimeout: 5000, requestTimeout: answerWithinMs, throwOnRequestTimeout: true };
  const elsewhere = service && { ecs: ecsEndpoint, scaling: scalingEndpoint }[service];
  return { ...connection, ...(elsewhere && { endpoint: elsewhere }), requestHandler, retryMode: 'adaptive', maxAttempts: 8 } as const;
}
