/** How a container engine logs in to ECR. */

import { type ECRClient, GetAuthorizationTokenCommand } from '@aws-sdk/client-ecr';

/** Holds for 12 hours. The password is a secret: it goes through standard input, never into a command line or a log. */
export interface RegistryLogin {
  readonly username: string;
  readonly password: string;
}

/** @throws {Error} when ECR gives no token. */
export async function registryLogin(ecr: Pick<ECRClient, 'send'>): Promise<RegistryLogin> {
  const { authorizationData = [] } = await ecr.send(new GetAuthorizationTokenCommand({}));
  const [username, password] = Buffer.from(authorizationData[0]?.authorizationToken ?? '', 'base64')
    .toString()
    .split(/:(.*)/s);
  if (!username || !password) throw new Error('ECR gave no token to log in with; run it again');
  return { username, password };
}
