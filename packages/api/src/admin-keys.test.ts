import { beforeEach, describe, expect, it } from 'vitest';
import { readAdminKeys } from './admin-keys.ts';
import { ADMIN_KEY, type Setup, setUp } from './testing/requests.ts';

const NEW = `mipadmin_${'e'.repeat(43)}`;
let { app, memory, lines }: Setup = setUp();
beforeEach(() => {
  ({ app, memory, lines } = setUp());
});

const statusWith = async (key: string) => (await app.inject({ url: '/algorithms', headers: { 'x-admin-key': key } })).statusCode;

describe('the admin key', () => {
  it('can be rotated without a gap: both hold until the old one is taken back, ten seconds later at the most', async () => {
    expect([await statusWith(ADMIN_KEY), await statusWith(NEW)]).toEqual([200, 401]);
    memory.admins = [NEW, ADMIN_KEY];
    memory.time = new Date(memory.time.getTime() + 10_000);
    expect([await statusWith(ADMIN_KEY), await statusWith(NEW)]).toEqual([200, 200]);
    memory.admins = [NEW];
    expect(await statusWith(ADMIN_KEY)).toBe(200);
    memory.time = new Date(memory.time.getTime() + 10_000);
    expect([await statusWith(ADMIN_KEY), await statusWith(NEW)]).toEqual([401, 200]);
  });

  it('is read once for many guesses', async () => {
    for (let guess = 0; guess < 20; guess++) expect(await statusWith(`mipadmin_${guess}`)).toBe(401);
    expect(memory.calls).toEqual(['adminKeys.read']);
  });

  it.each(['', ADMIN_KEY.slice(0, -1), `${ADMIN_KEY} `.repeat(2), ADMIN_KEY.toUpperCase(), '\u00fc'])('is not %j', async (key) => {
    expect(await statusWith(key)).toBe(401);
  });

  it('that cannot be read is 503, and nobody is let in; that there is none lets nobody in either', async () => {
    memory.fail = (call) => (call === 'adminKeys.read' ? Object.assign(new Error('slow'), { name: 'TimeoutError' }) : undefined);
    expect(await statusWith(ADMIN_KEY)).toBe(503);
    memory.fail = () => undefined;
    memory.admins = [];
    expect([await statusWith(ADMIN_KEY), await statusWith('')]).toEqual([401, 401]);
  });

  it('is in no line of the log, right or wrong', async () => {
    await statusWith(ADMIN_KEY);
    await statusWith('mipadmin_wrong');
    expect(lines).toHaveLength(2);
    expect(lines.join('')).not.toContain('mipadmin_');
  });
});

it('both parameters are read in one call, and one without a value is none', async () => {
  const sent: unknown[] = [];
  const ssm = {
    send: async (command: { input: unknown }) => {
      sent.push(command.input);
      return { Parameters: [{ Name: '/mip/admin/key', Value: 'a' }, { Name: '/mip/admin/previous-key' }], InvalidParameters: [] };
    },
  };
  expect(await readAdminKeys(ssm as never, ['/mip/admin/key', '/mip/admin/previous-key'])).toEqual(['a']);
  expect(sent).toEqual([{ Names: ['/mip/admin/key', '/mip/admin/previous-key'], WithDecryption: true }]);
});
