/** Secrets, read when they are first needed and remembered for a while. */
import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';

/** @param keptMs for how long; a secret that could not be read is asked for again at once. */
export function remembered(secrets: Pick<SecretsManagerClient, 'send'>, id: string, keptMs: number): () => Promise<string> {
  let kept: { readonly value: Promise<string>; readonly until: number } | undefined;
  return () => {
    if (kept && kept.until > performance.now()) return kept.value;
    const value = read(secrets, id);
    const mine = { value, until: performance.now() + keptMs };
    kept = mine;
    value.catch(() => {
      if (kept === mine) kept = undefined;
    });
    return value;
  };
}

async function read(secrets: Pick<SecretsManagerClient, 'send'>, id: string): Promise<string> {
  const { SecretString } = await secrets.send(new GetSecretValueCommand({ SecretId: id }));
  if (!SecretString) throw new Error('a secret of the platform is empty');
  return SecretString;
}
