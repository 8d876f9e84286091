/** The admin key of a region: a new one in the place of the old, which holds beside it until it is taken back. */
import { DeleteParameterCommand, GetParameterCommand, ParameterNotFound, PutParameterCommand, type SSMClient } from '@aws-sdk/client-ssm';
import type { PhysicalNames } from '@mip/registry';
import { newAdminKey } from '@mip/registry/admin-key';
import { Failure } from './context.ts';

type Ssm = Pick<SSMClient, 'send'>;
export type KeyNames = Pick<PhysicalNames, 'adminKey' | 'previousAdminKey'>;

/**
 * The old key is kept before the new one is written, so that at no moment no key holds that somebody has.
 *
 * @throws {Failure} while the key before that still holds, or where there is none to rotate.
 */
export async function rotateAdminKey(ssm: Ssm, names: KeyNames): Promise<void> {
  const [current, previous] = await Promise.all([read(ssm, names.adminKey), read(ssm, names.previousAdminKey)]);
  if (current === undefined) throw new Failure(`there is no admin key in ${names.adminKey}: \`mip deploy\` makes one.`);
  // Equal: a rotation that broke off before its second write, which goes on here.
  if (previous !== undefined && previous !== current)
    throw new Failure('the key before still holds: give the current one to all who need it, then `mip admin-key retire`.');
  await write(ssm, names.previousAdminKey, current);
  await write(ssm, names.adminKey, newAdminKey());
}

/** Takes the old key back. @returns false where there was none. */
export async function retireAdminKey(ssm: Ssm, names: KeyNames): Promise<boolean> {
  try {
    await ssm.send(new DeleteParameterCommand({ Name: names.previousAdminKey }));
    return true;
  } catch (error) {
    if (error instanceof ParameterNotFound) return false;
    throw error;
  }
}

async function read(ssm: Ssm, name: string): Promise<string | undefined> {
  try {
    return (await ssm.send(new GetParameterCommand({ Name: name, WithDecryption: true }))).Parameter?.Value;
  } catch (error) {
    if (error instanceof ParameterNotFound) return undefined;
    throw error;
  }
}

async function write(ssm: Ssm, Name: string, Value: string): Promise<void> {
  await ssm.send(new PutParameterCommand({ Name, Value, Type: 'SecureString', Overwrite: true }));
}
