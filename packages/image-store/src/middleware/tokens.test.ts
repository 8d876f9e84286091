/** Tokens at the image store's door, beside its keys. */
import type { Client } from '@mip/registry';
import { Tokens } from '@mip/registry/identity/tokens';
import { AUDIENCE, Issuer } from '@mip/registry/testing/issuer';
import { type Answer, type Door, KEY, tokenRules } from '@mip/registry/testing/token-rules';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createImageStore } from '../app.ts';
import type { Ports } from '../ports.ts';

const WORKERS_KEY = 'w'.repeat(64);
const CLIENT: Client = { client_id: 'clinic-b', created_at: '2024-01-31T10:00:00.000Z' };

/** A store without an image, of which nothing but a search is asked. */
function open(tokens?: Tokens): Door {
  const lines: string[] = [];
  const nothing = {
    clients: { find: async (key: string) => (key === KEY ? CLIENT : undefined) },
    objects: {},
    search: { studies: async function* () {} },
    pixels: { close: async () => undefined },
    ...(tokens && { tokens }),
  };
  const app = createImageStore(nothing as unknown as Ports, {
    ...{ imagesKey: 'images', workersKey: WORKERS_KEY, maxInstanceBytes: 1 },
    log: { write: (line) => void lines.push(line) },
  });
  const ask = async (headers: Readonly<Record<string, string>>): Promise<Answer> => {
    const answer = await app.inject({ url: '/dicomweb/studies', headers });
    const client = answer.statusCode === 200 ? JSON.parse(lines.at(-1) ?? '{}').caller : undefined;
    return { status: answer.statusCode, headers: answer.headers, body: answer.body, client };
  };
  return { ask, lines };
}

tokenRules(open);

let issuer: Issuer;
beforeEach(async () => {
  issuer = await Issuer.start();
});
afterEach(() => issuer.stop());

const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;
const unknown = `mip_${'x'.repeat(43)}`;
const openBoth = () => open(Tokens.of({ issuer: issuer.url, audience: AUDIENCE }, () => new Date()));

describe('where tokens are taken', () => {
  it.each<[string, Record<string, string>, string]>([
    ['as x-api-key', { 'x-api-key': KEY }, 'clinic-b'],
    ['as a bearer', { authorization: `Bearer ${KEY}` }, 'clinic-b'],
    ['as a bearer in small letters', { authorization: `bearer ${KEY}` }, 'clinic-b'],
    ['as a password', { authorization: basic(`anybody:${KEY}`) }, 'clinic-b'],
    ['of the workers, as a bearer', { authorization: `Bearer ${WORKERS_KEY}` }, 'mip:workers'],
    ['of the workers, as a password', { authorization: basic(`:${WORKERS_KEY}`) }, 'mip:workers'],
  ])('a key %s lets in, and no issuer is asked', async (_what, headers, client) => {
    const answer = await openBoth().ask(headers);
    expect([answer.status, answer.client, issuer.asked]).toEqual([200, client, []]);
  });

  it.each<[string, Record<string, string>]>([
    ['a key that is unknown', { 'x-api-key': unknown }],
    ['a key that is unknown, as a bearer', { authorization: `Bearer ${unknown}` }],
    ['a key that is cut off, as a bearer', { authorization: `Bearer ${KEY.slice(0, -1)}` }],
    ['nothing', {}],
    ['another scheme', { authorization: 'Digest username="x"' }],
  ])('%s is told both ways, and no issuer is asked', async (_what, headers) => {
    const answer = await openBoth().ask(headers);
    expect([answer.status, answer.headers['www-authenticate'], issuer.asked]).toEqual([
      401,
      'Basic realm="dicomweb", charset="UTF-8", Bearer',
      [],
    ]);
    expect(JSON.parse(answer.body).detail).toMatch(/client key.*access token/);
  });

  it('a token is none as a password', async () => {
    const token = await issuer.token(await issuer.newKey('first'));
    expect((await openBoth().ask({ authorization: basic(`anybody:${token}`) })).status).toBe(401);
  });
});

it('without an issuer nothing is said of tokens, and none is taken', async () => {
  const token = await issuer.token(await issuer.newKey('first'));
  const { status, headers, body } = await open().ask({ authorization: `Bearer ${token}` });
  expect([status, headers['www-authenticate'], issuer.asked]).toEqual([401, 'Basic realm="dicomweb", charset="UTF-8"', []]);
  expect(JSON.parse(body).detail).not.toContain('access token');
});
