/** Keys and tokens of an issuer at the server as a container runs it, by the command that everybody has. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { AUDIENCE, Issuer, type SigningKey } from '@mip/registry/testing/issuer';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openEmulator, type TestEmulator } from '../../../tests/emulator.ts';
import { readUids } from './header.ts';
import { EmulatedPlace } from './testing/emulated.ts';
import { knownFile, PYTHON } from './testing/known-files.ts';
import { ServerProcess } from './testing/server-process.ts';

let emulator: TestEmulator;
let place: EmulatedPlace;
let issuer: Issuer;
let key: SigningKey;
let server: ServerProcess;
beforeAll(async () => {
  emulator = await openEmulator();
  place = await EmulatedPlace.make(emulator.connection);
  issuer = await Issuer.start();
  key = await issuer.newKey('first');
  const MIP_IDENTITY = JSON.stringify({ issuer: issuer.url, audience: AUDIENCE });
  server = await ServerProcess.start(place, 1024 ** 3, { MIP_IDENTITY });
});
afterAll(async () => {
  await server?.stop();
  await issuer?.stop();
  await emulator?.stop();
});

const client = async (bearer: string, ...args: readonly string[]) =>
  (await promisify(execFile)(join(dirname(PYTHON), 'dicomweb_client'), ['--url', server.url, '--bearer-token', bearer, ...args])).stdout;

it('dicomweb_client stores with a token and finds with a key, and the other way round', async () => {
  const files = [knownFile('MR_small_RLE.dcm'), knownFile('CT_small.dcm')];
  const token = await issuer.token(key);
  const bearers = [token, place.key];
  for (const [index, file] of files.entries()) {
    await client(bearers[index] ?? '', 'store', 'instances', file);
    const { study } = await readUids(readFileSync(file));
    const found = await client(bearers[1 - index] ?? '', 'search', 'studies', '--filter', `StudyInstanceUID=${study}`);
    expect(JSON.parse(found)).toMatchObject([{ '0020000D': { Value: [study] } }]);
  }
}, 120_000);

it.each([
  ['that has expired', { exp: 1 }, 'expired'],
  ['for somebody else', { aud: 'other' }, 'aud'],
  ['of another issuer', { iss: 'https://login.example' }, 'iss'],
])('a token %s is told what is wrong with it', async (_what, claims, words) => {
  const headers = { authorization: `Bearer ${await issuer.token(key, claims)}` };
  const answer = await fetch(`${server.url}/studies`, { headers });
  expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([401, expect.stringContaining('error="invalid_token"')]);
  expect(await answer.json()).toMatchObject({ detail: expect.stringContaining(words) });
});
