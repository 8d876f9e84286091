/** Credentials of a role that trusts a workflow's OIDC tokens, for as long as the run goes on: a session ends after an hour, a run need not. */

import { fromWebToken } from '@aws-sdk/credential-provider-web-identity';
import type { Connection, Credentials } from './connection.ts';

export interface WorkflowIdentity {
  /** The role's ARN. */
  readonly role: string;
  /** Shown in CloudTrail. */
  readonly session: string;
  /** A fresh token each time: one is good for some minutes only. */
  readonly token: () => Promise<string>;
}

/** Every AWS client asks again, with a new token, shortly before a session ends. */
export function workflowCredentials(connection: Connection, { role, session, token }: WorkflowIdentity): () => Promise<Credentials> {
  const { region, endpoint } = connection;
  const clientConfig = { region, ...(endpoint !== undefined && { endpoint }) };
  return async () => fromWebToken({ roleArn: role, roleSessionName: session, webIdentityToken: await token(), clientConfig })();
}
