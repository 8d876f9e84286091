/** The keys of the administrator: the one that holds, and the one before it while it is rotated. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { GetParametersCommand, type SSMClient } from '@aws-sdk/client-ssm';
import { ShortMemory } from '@mip/registry/short-memory';

export interface AdminKeys {
  /** Whether the key is one of those that hold now. */
  hold(key: string): Promise<boolean>;
}

/** A key that was taken back is refused at the latest after this time, and a new one known. */
const KEPT_MS = 10_000;

/**
 * The digests of the keys, kept for seconds, so that nobody can make the platform read them again and again.
 *
 * @param read the keys themselves.
 */
export function cachedAdminKeys(read: () => Promise<readonly string[]>, now: () => Date): AdminKeys {
  const memory = new ShortMemory<readonly Buffer[]>({ keptMs: KEPT_MS, now });
  return {
    async hold(key) {
      const digests = await memory.get('', async () => (await read()).map(digestOf));
      const given = digestOf(key);
      // All of them, whatever the first says: the time that it takes tells nothing.
      return digests.map((digest) => timingSafeEqual(digest, given)).includes(true);
    },
  };
}

/** Reads the parameters in one call; one that is not there, as the previous key mostly, is left out. */
export async function readAdminKeys(ssm: Pick<SSMClient, 'send'>, names: readonly string[]): Promise<readonly string[]> {
  const { Parameters = [] } = await ssm.send(new GetParametersCommand({ Names: [...names], WithDecryption: true }));
  return Parameters.flatMap(({ Value }) => (Value ? [Value] : []));
}

/** Of one length whatever the key's, which `timingSafeEqual` asks for. */
function digestOf(key: string): Buffer {
  return createHash('sha256').update(key, 'utf8').digest();
}
