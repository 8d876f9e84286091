/** Tokens at the router's door. */

import { Tokens } from '@mip/registry/identity/tokens';
import { Issuer } from '@mip/registry/testing/issuer';
import { type Answer, type Door, KEY, tokenRules } from '@mip/registry/testing/token-rules';
import { describe, expect, it } from 'vitest';
import { createApp } from '../app.ts';
import { Memory } from '../testing/memory.ts';
import { MOST_BYTES } from '../testing/requests.ts';

/** Let in, there is no such job. */
const NO_JOB = 'You have no job of this id.';

function open(tokens?: Tokens): Door {
  const memory = new Memory();
  memory.addClient(KEY, 'clinic-b');
  const lines: string[] = [];
  const app = createApp(tokens ? Object.assign(memory, { tokens }) : memory, {
    maxRequestBytes: MOST_BYTES,
    log: { write: (line) => lines.push(line) },
  });
  const ask = async (headers: Readonly<Record<string, string>>): Promise<Answer> => {
    const answer = await app.inject({ url: '/jobs/job-1', headers });
    const client = answer.json().detail === NO_JOB ? JSON.parse(lines.at(-1) ?? '{}').client_id : undefined;
    return { status: answer.statusCode, headers: answer.headers, body: answer.body, client };
  };
  return { ask, lines };
}

tokenRules(open);

describe('without a token', () => {
  const tokens = Tokens.of({ issuer: 'https://login.example', audience: 'mip' }, () => new Date());

  it('a request is told both ways', async () => {
    const { status, headers } = await open(tokens).ask({});
    expect([status, headers['www-authenticate']]).toEqual([401, 'ApiKey header="x-api-key", Bearer']);
  });

  it('other credentials are told how they have to look', async () => {
    const { status, headers, body } = await open(tokens).ask({ authorization: 'Basic bWlwOm1pcA==' });
    expect([status, headers['www-authenticate']]).toEqual([401, expect.stringMatching(/^Bearer error="invalid_token"/)]);
    expect(JSON.parse(body).detail).toMatch(/Authorization: Bearer/);
  });
});

it('without an issuer nothing is said of tokens, and none is taken', async () => {
  const issuer = await Issuer.start();
  const token = await issuer.token(await issuer.newKey('first'));
  for (const headers of [{ 'x-api-key': 'no' }, { authorization: `Bearer ${token}` }]) {
    const answer = await open().ask(headers);
    expect([answer.status, answer.headers['www-authenticate']]).toEqual([401, 'ApiKey header="x-api-key"']);
  }
  await issuer.stop();
});
