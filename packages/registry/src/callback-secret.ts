/** The secret with which a client's callbacks are signed, as Secrets Manager keeps it. Pure but for the random bytes. */
import { randomBytes } from 'node:crypto';

export interface CallbackSecret {
  /** `whsec_` and base64, as Standard Webhooks writes it. */
  readonly current: string;
  /** The one before: callbacks are signed with both until then, so that a client can change over without a gap. */
  readonly previous?: { readonly secret: string; readonly until: string };
}

/** A new secret of 256 random bits in the place of the one that was. */
export function nextCallbackSecret(before: CallbackSecret | undefined, until: Date): CallbackSecret {
  const current = `whsec_${randomBytes(32).toString('base64')}`;
  return before ? { current, previous: { secret: before.current, until: until.toISOString() } } : { current };
}

/** @throws {Error} for a text that is no such secret; it is never repeated. */
export function parseCallbackSecret(text: string): CallbackSecret {
  const parsed = parsedObject(text);
  if (typeof parsed?.current !== 'string' || !parsed.current.startsWith('whsec_'))
    throw new Error('a callback secret cannot be read: make a new one');
  return parsed as unknown as CallbackSecret;
}

/** What a callback is signed with now, the newest first. */
export function validSecrets({ current, previous }: CallbackSecret, now: Date): readonly string[] {
  return previous && Date.parse(previous.until) > now.getTime() ? [current, previous.secret] : [current];
}

function parsedObject(text: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // the parser's own words would show the secret
  }
}
