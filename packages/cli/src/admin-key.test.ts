import { DeleteParameterCommand, GetParameterCommand, ParameterNotFound, PutParameterCommand } from '@aws-sdk/client-ssm';
import { beforeEach, describe, expect, it } from 'vitest';
import { retireAdminKey, rotateAdminKey } from './admin-key.ts';

const NAMES = { adminKey: '/mip/admin/key', previousAdminKey: '/mip/admin/previous-key' };
let parameters = new Map<string, string>();
/** What held after each write: the current key and the one before. */
let moments: (readonly (string | undefined)[])[] = [];
let dies = false;

const ssm = {
  send: async (command: object) => {
    if (command instanceof GetParameterCommand) return { Parameter: { Value: heldIn(command.input.Name) } };
    if (command instanceof DeleteParameterCommand) {
      heldIn(command.input.Name);
      parameters.delete(command.input.Name ?? '');
    }
    if (command instanceof PutParameterCommand) {
      expect(command.input.Type).toBe('SecureString');
      if (dies && command.input.Name === NAMES.adminKey) throw new Error('killed');
      parameters.set(command.input.Name ?? '', command.input.Value ?? '');
    }
    moments.push([parameters.get(NAMES.adminKey), parameters.get(NAMES.previousAdminKey)]);
    return {};
  },
} as never;

function heldIn(name = ''): string {
  const value = parameters.get(name);
  if (value === undefined) throw new ParameterNotFound({ message: 'none', $metadata: {} });
  return value;
}

beforeEach(() => {
  parameters = new Map([[NAMES.adminKey, 'old']]);
  moments = [];
  dies = false;
});

describe('the admin key', () => {
  it('is rotated so that the old one holds at every moment, until it is retired', async () => {
    await rotateAdminKey(ssm, NAMES);
    const [current, previous] = moments.at(-1) ?? [];
    expect(current).toMatch(/^mipadmin_[A-Za-z0-9_-]{43}$/);
    expect(previous).toBe('old');
    expect(moments.every((held) => held.includes('old'))).toBe(true);
    expect(await retireAdminKey(ssm, NAMES)).toBe(true);
    expect([...parameters]).toEqual([[NAMES.adminKey, current]]);
    expect(await retireAdminKey(ssm, NAMES)).toBe(false);
  });

  it('is not rotated twice while the old one holds: somebody may have no other', async () => {
    await rotateAdminKey(ssm, NAMES);
    const before = new Map(parameters);
    await expect(rotateAdminKey(ssm, NAMES)).rejects.toThrow('mip admin-key retire');
    expect(parameters).toEqual(before);
  });

  it('is rotated by the next try where one broke off in between', async () => {
    dies = true;
    await expect(rotateAdminKey(ssm, NAMES)).rejects.toThrow('killed');
    expect(parameters.get(NAMES.adminKey)).toBe('old');
    dies = false;
    await rotateAdminKey(ssm, NAMES);
    expect(parameters.get(NAMES.adminKey)).toMatch(/^mipadmin_/);
    expect(parameters.get(NAMES.previousAdminKey)).toBe('old');
  });

  it('that there is none is said', async () => {
    parameters.clear();
    await expect(rotateAdminKey(ssm, NAMES)).rejects.toThrow('there is no admin key in /mip/admin/key');
    expect(moments).toEqual([]);
  });
});
