import { SSMClient } from '@aws-sdk/client-ssm';
import { physicalNames } from '@mip/registry';
import type { Command } from 'commander';
import { type KeyNames, retireAdminKey, rotateAdminKey } from '../admin-key.ts';
import { type Context, EXIT, type GlobalOptions } from '../context.ts';
import { openPlatform, scopeOf } from '../platform.ts';
import { inRegion, regionsOf, show, worst } from '../regions.ts';

type Work = (ssm: SSMClient, names: KeyNames) => Promise<string>;

/** `mip admin-key rotate` and `retire`: another key for the administrator, without a moment in which none holds. No key is ever printed. */
export function add(program: Command, context: Context): void {
  const command = program.command('admin-key').description("change the administrator's key of the API");
  command
    .command('rotate')
    .description('put a new key in the place of the old one, which holds beside it until it is retired')
    .action(() => inRegions(program, context, rotate));
  command
    .command('retire')
    .description('take the old key back after a rotation; it is refused ten seconds later')
    .action(() => inRegions(program, context, retire));
}

async function rotate(ssm: SSMClient, names: KeyNames): Promise<string> {
  await rotateAdminKey(ssm, names);
  return `${names.adminKey} holds a new key. The old one holds, too, until \`mip admin-key retire\`.`;
}

async function retire(ssm: SSMClient, names: KeyNames): Promise<string> {
  const gone = await retireAdminKey(ssm, names);
  return gone ? `Only the key in ${names.adminKey} holds now.` : 'There is no old key: nothing was rotated since it was retired.';
}

async function inRegions(program: Command, context: Context, work: Work): Promise<void> {
  const global = program.opts<GlobalOptions>();
  const { platform } = await openPlatform(context, global.platform);
  const done = await Promise.all(
    regionsOf(platform, global.region).map((region) =>
      inRegion(region, () => work(new SSMClient({ region }), physicalNames(scopeOf(platform, region)))),
    ),
  );
  show(context, global.json, done, { json: (words) => ({ done: words }), render: (words) => words });
  process.exitCode = worst(done, () => EXIT.done);
}
