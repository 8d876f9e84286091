/** Whose tokens are refused, and how, is held where they are taken: `testing/token-rules.ts`. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AUDIENCE, type Claims, Issuer, type SigningKey } from '../testing/issuer.ts';
import { Tokens } from './tokens.ts';

const START = new Date('2024-01-31T10:00:00.000Z').getTime() / 1000;
const now = () => new Date(START * 1000);

let issuer: Issuer;
let key: SigningKey;
beforeEach(async () => {
  issuer = await Issuer.start(() => START);
  key = await issuer.newKey('first');
});
afterEach(() => issuer.stop());

describe('a token', () => {
  it.each<[string, string | undefined, Claims, readonly string[] | undefined]>([
    ['a list', 'roles', { roles: ['radiologist', 'urn:clinic/chief'] }, ['radiologist', 'urn:clinic/chief']],
    ['a text', 'role', { role: 'radiologist' }, ['radiologist']],
    ['no claim', 'roles', {}, undefined],
    ['a claim that the platform does not name', undefined, { roles: ['radiologist'] }, undefined],
    ['what can be no role', 'roles', { roles: ['a b', '', 7, null, ['radiologist'], { radiologist: true }, 'physicist'] }, ['physicist']],
    ['an object', 'roles', { roles: { radiologist: true } }, undefined],
    [
      'too many',
      'roles',
      { roles: Array.from({ length: 65 }, (_, index) => `r${index}`) },
      Array.from({ length: 64 }, (_, index) => `r${index}`),
    ],
  ])('gives its client the roles of %s', async (_what, role_claim, claims, roles) => {
    const tokens = Tokens.of({ issuer: issuer.url, audience: AUDIENCE, ...(role_claim && { role_claim }) }, now);
    expect((await tokens.client(await issuer.token(key, claims))).roles).toEqual(roles);
  });

  it.each<[string, number, string]>([
    ['when its token does', START + 300, '2024-01-31T10:05:00.000Z'],
    ['to the millisecond', START + 0.25, '2024-01-31T10:00:00.250Z'],
    ['at the end of what a date can say, where it says a later one', 1e300, '9999-12-31T23:59:59.999Z'],
  ])('gives a client that ends %s', async (_what, exp, until) => {
    const tokens = Tokens.of({ issuer: issuer.url, audience: AUDIENCE }, now);
    expect(await tokens.client(await issuer.token(key, { exp }))).toEqual({
      client_id: 'clinic-a',
      created_at: now().toISOString(),
      expires_at: until,
    });
  });
});
