import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { printableJson } from '@mip/catalog/printable';
import { Registry, type RegistryEntry } from '@mip/registry';
import type { Command } from 'commander';
import type { Context, GlobalOptions } from '../context.ts';
import { openPlatform } from '../platform.ts';
import { table } from '../tables.ts';

/** `mip list`: the algorithms that the registry says run. */
export function add(program: Command, context: Context): void {
  program
    .command('list')
    .description('list the algorithms in the registry')
    .action(async () => {
      const { platform, json } = program.opts<GlobalOptions>();
      const { names, region } = await openPlatform(context, platform);
      const registry = new Registry(DynamoDBDocumentClient.from(new DynamoDBClient({ region })), names.table('algorithms'));
      const rows: RegistryEntry[] = [];
      for await (const row of registry.all()) rows.push(row);
      rows.sort((a, b) => (a.algorithm_name < b.algorithm_name ? -1 : 1));
      context.print(json ? printableJson(rows) : tableOf(rows));
    });
}

function tableOf(rows: readonly RegistryEntry[]): string {
  if (rows.length === 0) return 'The registry is empty: `mip apply` fills it from the catalog.';
  const cells = rows.map((row) => [
    row.algorithm_name,
    versionsWords(row),
    row.status,
    row.algorithm_type,
    (row.image_uri ?? '').slice(-12),
    row.updated_at,
    row.reason ?? '',
  ]);
  return table(['algorithm', 'version', 'status', 'type', 'image', 'updated', 'reason'], cells);
}

/** The default version first; what was yanked takes no jobs. */
function versionsWords({ version, releases = [] }: RegistryEntry): string {
  return [version, ...releases.flatMap((one) => (one.yanked ? [] : [one.version]))].join(', ');
}
