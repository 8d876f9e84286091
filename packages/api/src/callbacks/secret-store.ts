/** The secrets that callbacks are signed with, in Secrets Manager. */
import {
  CreateSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  ResourceNotFoundException,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { type CallbackSecret, parseCallbackSecret } from '@mip/registry';

/** Undefined for a client that has none. */
export async function readCallbackSecret(secrets: SecretsManagerClient, id: string): Promise<CallbackSecret | undefined> {
  const found = await unlessMissing(() => secrets.send(new GetSecretValueCommand({ SecretId: id })));
  return found && parseCallbackSecret(found.SecretString ?? '');
}

export async function writeCallbackSecret(secrets: SecretsManagerClient, id: string, secret: CallbackSecret): Promise<void> {
  const SecretString = JSON.stringify(secret);
  const put = await unlessMissing(() => secrets.send(new PutSecretValueCommand({ SecretId: id, SecretString })));
  if (!put) await secrets.send(new CreateSecretCommand({ Name: id, SecretString, Description: "Signs a client's callbacks." }));
}

async function unlessMissing<T>(call: () => Promise<T>): Promise<T | undefined> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined;
    throw error;
  }
}
