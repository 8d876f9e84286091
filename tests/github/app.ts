/** An app of GitHub: it signs for itself, and gets tokens for where it is installed. */
import { createSign, createVerify, generateKeyPairSync } from 'node:crypto';
import type { Actor } from './actor.ts';
import type { Permissions } from './permissions.ts';

export interface App {
  readonly id: number;
  readonly slug: string;
  readonly installation: number;
  /** PEM, as GitHub gives it: PKCS #1. */
  readonly privateKey: string;
  readonly publicKey: string;
  readonly permissions: Permissions;
}

/** Installed on the double's first repository. */
export function newApp(own: Omit<App, 'privateKey' | 'publicKey'>): App {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  return { ...own, privateKey, publicKey };
}

const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** What the app signs for itself. */
export function jwtOf({ id, privateKey }: App): string {
  const now = Math.floor(Date.now() / 1000);
  const signed = `${encoded({ alg: 'RS256', typ: 'JWT' })}.${encoded({ iat: now - 30, exp: now + 300, iss: String(id) })}`;
  return `${signed}.${createSign('RSA-SHA256').update(signed).sign(privateKey, 'base64url')}`;
}

/** GitHub takes RS256 for at most 10 minutes, and no token from the future. */
export function signer(apps: readonly App[], token: string): Actor | undefined {
  const [header = '', claims = '', signature = '', ...more] = token.split('.');
  if (signature === '' || more.length > 0) return undefined;
  const read = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString());
  const { iss, iat, exp } = read(claims);
  const app = apps.find(({ id }) => String(id) === String(iss));
  const now = Date.now() / 1000;
  if (!app || read(header).alg !== 'RS256' || iat > now || exp <= now || exp - iat > 600 + 60) return undefined;
  const sound = createVerify('RSA-SHA256').update(`${header}.${claims}`).verify(app.publicKey, signature, 'base64url');
  return sound ? { login: `${app.slug}[bot]`, app: app.slug, signs: true } : undefined;
}
