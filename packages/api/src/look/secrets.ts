/** Secrets, read when they are first needed and remembered for a while. */
import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { ShortMemory } from '@mip/registry/short-memory';

/** @param keptMs for how long; a secret that could not be read is asked for again at once. */
export function remembered(secrets: Pick<SecretsManagerClient, 'send'>, id: string, keptMs: number): () => Promise<string> {
  const memory = new ShortMemory<string>({ keptMs, now: () => new Date() });
  return () => memory.get(id, () => read(secrets, id));
}

async function read(secrets: Pick<SecretsManagerClient, 'send'>, id: string): Promise<string> {
  const { SecretString } = await secrets.send(new GetSecretValueCommand({ SecretId: id }));
  if (!SecretString) throw new Error('a secret of the platform is empty');
  return SecretString;
}
