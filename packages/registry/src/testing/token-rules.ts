/**
 * What holds of tokens wherever they are taken: the router and the image store have to pass the same rules, each through its own door. Called
 * at the top of a test file.
 */
import { exportSPKI, SignJWT } from 'jose';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Identity, Tokens } from '../identity/tokens.ts';
import { AUDIENCE, type Claims, Issuer, type SigningKey } from './issuer.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
  /** The client that was let in, as the log has it; of an answer that such a client gets. */
  readonly client: string | undefined;
}

/** A server that answers nothing but to a client. */
export interface Door {
  ask(headers: Readonly<Record<string, string>>): Promise<Answer>;
  /** The lines of its log so far. */
  readonly lines: readonly string[];
}

/** The key of `clinic-b`, which the door knows beside tokens. */
export const KEY = `mip_${'a'.repeat(43)}`;

const START = new Date('2024-01-31T10:00:00.000Z').getTime();
const seconds = () => Math.floor(Date.now() / 1000);

/** @param open a door that takes these tokens, and `KEY`. */
export function tokenRules(open: (tokens: Tokens) => Door): void {
  let issuer: Issuer;
  let key: SigningKey;

  beforeEach(async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: START });
    issuer = await Issuer.start(seconds);
    key = await issuer.newKey('first');
  });
  afterEach(async () => {
    await issuer.stop();
    vi.useRealTimers();
  });

  function doorFor(more: Partial<Identity> = {}): Door {
    return open(Tokens.of({ issuer: issuer.url, audience: AUDIENCE, ...more }, () => new Date()));
  }
  const ask = (door: Door, token: string) => door.ask({ authorization: `Bearer ${token}` });

  function expectClient(answer: Answer, client: string) {
    expect(answer.client).toBe(client);
  }
  function expectRefused({ status, headers, body, client }: Answer, words: RegExp) {
    expect([status, client, headers['www-authenticate']]).toEqual([401, undefined, expect.stringMatching(/^Bearer error="invalid_token"/)]);
    expect(JSON.parse(body).detail).toMatch(words);
  }

  describe('a token of the issuer', () => {
    it.each([
      ['client_id', undefined, { client_id: 'clinic-a', azp: 'other' }, 'clinic-a'],
      ['azp where there is no client_id', undefined, { client_id: undefined, azp: 'clinic-c' }, 'clinic-c'],
      ['the claim that the platform names', 'tenant', { tenant: 'clinic-d' }, 'clinic-d'],
    ])('names the client by %s', async (_what, client_claim, claims, client) => {
      expectClient(await ask(doorFor(client_claim ? { client_claim } : {}), await issuer.token(key, claims)), client);
    });

    it.each(['RS256', 'PS256', 'ES384', 'EdDSA'])('may be signed by %s', async (alg) => {
      const other = await issuer.newKey(alg, alg);
      expectClient(await ask(doorFor(), await issuer.token(other)), 'clinic-a');
    });

    it('may name other audiences, too', async () => {
      expectClient(await ask(doorFor(), await issuer.token(key, { aud: ['other', AUDIENCE] })), 'clinic-a');
    });

    it('is not asked for where there is a key', async () => {
      const door = doorFor();
      for (const authorization of ['Bearer nonsense', `Bearer ${await issuer.token(key)}`]) {
        expectClient(await door.ask({ 'x-api-key': KEY, authorization }), 'clinic-b');
        expect((await door.ask({ 'x-api-key': 'no', authorization })).status).toBe(401);
      }
      expect(issuer.asked).toEqual([]);
    });

    it('costs one look at the issuer for many requests', async () => {
      const door = doorFor();
      const token = await issuer.token(key);
      await Promise.all([ask(door, token), ask(door, token), ask(door, token)]);
      expectClient(await ask(door, token), 'clinic-a');
      expect(issuer.asked).toHaveLength(2);
    });

    it.each<[string, Claims, RegExp]>([
      ['has expired', { exp: START / 1000 - 6 }, /expired/],
      ['never expires', { exp: undefined }, /exp/],
      ['is for another audience', { aud: 'other' }, /aud/],
      ['is for nobody', { aud: undefined }, /aud/],
      ['is of another issuer', { iss: 'https://login.example' }, /iss/],
      ['is not valid yet', { nbf: START / 1000 + 6 }, /nbf/],
      ['names no client', { client_id: undefined }, /client_id \(or azp\)/],
      ['names a client by a number', { client_id: 7 }, /client_id/],
      ['names what can be no client', { client_id: '../clinic' }, /client_id/],
      ["names the platform's own client", { client_id: 'mip-conformance' }, /client_id/],
    ])('that %s is refused', async (_what, claims, words) => {
      expectRefused(await ask(doorFor(), await issuer.token(key, claims)), words);
    });

    it.each([
      ['a clock that is behind', { nbf: START / 1000 + 4 }],
      ['a clock that is ahead', { exp: START / 1000 - 4 }],
    ])('may come from %s by a few seconds', async (_what, claims) => {
      expectClient(await ask(doorFor(), await issuer.token(key, claims)), 'clinic-a');
    });
  });

  describe('a signature', () => {
    const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

    it('has to be there', async () => {
      const unsigned = `${encoded({ alg: 'none', kid: 'first' })}.${encoded(issuer.claims())}.`;
      expectRefused(await ask(doorFor(), unsigned), /kind that is not taken/);
    });

    it('by the public key as a secret is none', async () => {
      const rsa = await issuer.newKey('rsa', 'RS256');
      const secret = new TextEncoder().encode(await exportSPKI(rsa.publicKey));
      const forged = await new SignJWT(issuer.claims()).setProtectedHeader({ alg: 'HS256', kid: 'rsa' }).sign(secret);
      expectRefused(await ask(doorFor(), forged), /kind that is not taken/);
    });

    it("of somebody else under the issuer's key id is none", async () => {
      const door = doorFor();
      await ask(door, await issuer.token(key));
      const other = await issuer.newKey('first'); // which nobody but the issuer knows of yet
      expectRefused(await ask(door, await issuer.token(other)), /signature/);
    });

    it.each([
      ['changed claims', (token: string) => token.replace(/\.[^.]+\./, `.${encoded(issuer.claims({ client_id: 'clinic-z' }))}.`)],
      ['no token', () => 'nonsense'],
      ['an empty token', () => ''],
      ['two tokens', (token: string) => `${token} ${token}`],
    ])('over %s is refused', async (_what, change) => {
      expectRefused(await ask(doorFor(), change(await issuer.token(key))), /./);
    });
  });

  it('a token that is good but far too long is refused', async () => {
    expectRefused(await ask(doorFor(), await issuer.token(key, { pad: 'x'.repeat(7000) })), /more than 8192 characters/);
    expect(issuer.asked).toEqual([]);
  });

  describe('keys that change', () => {
    it('are fetched again for a key that is not known, once in 30 seconds', async () => {
      const door = doorFor();
      await ask(door, await issuer.token(key));
      const stranger = { ...key, kid: 'stranger' };
      vi.setSystemTime(START + 31_000);
      for (const _ of [1, 2, 3]) expectRefused(await ask(door, await issuer.token(stranger)), /no such key/);
      expect(issuer.fetches).toBe(2);
    });

    it('are taken when the issuer has rotated them, and the old one is not when it has gone', async () => {
      const door = doorFor();
      const old = await issuer.token(key, { exp: START / 1000 + 7200 });
      expectClient(await ask(door, old), 'clinic-a');
      issuer.keys.delete('first');
      const next = await issuer.newKey('second');
      vi.setSystemTime(START + 31_000);
      expectClient(await ask(door, await issuer.token(next)), 'clinic-a');
      expectRefused(await ask(door, old), /no such key/);
    });

    it('are not believed for more than ten minutes while the issuer answers', async () => {
      const door = doorFor();
      const token = await issuer.token(key, { exp: START / 1000 + 7200 });
      await ask(door, token);
      issuer.keys.delete('first');
      await issuer.newKey('second');
      vi.setSystemTime(START + 601_000);
      expectRefused(await ask(door, token), /no such key/);
    });
  });

  describe('an issuer that does not answer', () => {
    const down: Issuer['misbehave'] = (request) => request.destroy() !== undefined;

    it('is 503 while no keys are known, and is left alone for a moment', async () => {
      const door = doorFor();
      const token = await issuer.token(key, { exp: START / 1000 + 7200 });
      issuer.misbehave = down;
      for (const _ of [1, 2, 3]) {
        const answer = await ask(door, token);
        expect([answer.status, Number(answer.headers['retry-after']) > 0]).toEqual([503, true]);
      }
      expect(issuer.asked).toHaveLength(1);
      issuer.misbehave = () => false;
      vi.setSystemTime(START + 5000);
      expectClient(await ask(door, token), 'clinic-a');
    });

    it('is not missed for an hour where its keys are known', async () => {
      const door = doorFor();
      const token = await issuer.token(key, { exp: START / 1000 + 7200 });
      await ask(door, token);
      issuer.misbehave = down;
      vi.setSystemTime(START + 3_500_000);
      expectClient(await ask(door, token), 'clinic-a');
      expect((await ask(door, await issuer.token({ ...key, kid: 'unknown' }))).status).toBe(503);
      vi.setSystemTime(START + 3_600_000);
      expect((await ask(door, token)).status).toBe(503);
    });

    it.each<[string, (url: string) => string, number]>([
      ['an error', () => '', 500],
      ['a redirect', () => '', 302],
      ['a page', () => '<html>', 200],
      ['no metadata', () => '{}', 200],
      ['the metadata of another issuer', (url) => JSON.stringify({ issuer: 'https://login.example', jwks_uri: `${url}/keys` }), 200],
      [
        'keys over plain HTTP from elsewhere',
        (url) => JSON.stringify({ issuer: url, jwks_uri: `${url.replace('127.0.0.1', 'localhost')}/keys` }),
        200,
      ],
      ['keys that are no URL', (url) => JSON.stringify({ issuer: url, jwks_uri: 'keys' }), 200],
      ['far too much', (url) => JSON.stringify({ issuer: url, jwks_uri: `${url}/keys` }) + ' '.repeat(600_000), 200],
    ])('but with %s is 503', async (_what, body, status) => {
      issuer.misbehave = (request, response) => {
        if (!request.url?.endsWith('configuration')) return false;
        response.writeHead(status, { location: `${issuer.url}/keys` }).end(body(issuer.url));
        return true;
      };
      expect((await ask(doorFor(), await issuer.token(key))).status).toBe(503);
      expect(issuer.asked).toHaveLength(1);
    });
  });

  describe('what is told', () => {
    it('never repeats anything of a token', async () => {
      const door = doorFor();
      const secret = { client_id: 'patient of today', note: 'patient-note' };
      const tokens = [await issuer.token(key), await issuer.token(key, secret), await issuer.token({ ...key, kid: 'patient-kid' })];
      const answers = await Promise.all(tokens.map((token) => ask(door, token)));
      const told = [...door.lines, ...answers.map(({ body, headers }) => body + JSON.stringify(headers))].join('\n');
      expect(told).not.toContain('patient');
      for (const token of tokens) for (const part of token.split('.')) expect(told).not.toContain(part);
    });
  });
}
