import { randomBytes } from 'node:crypto';

/** A new key of the administrator: `mipadmin_` and 32 random bytes in base64url. */
export function newAdminKey(): string {
  return `mipadmin_${randomBytes(32).toString('base64url')}`;
}
