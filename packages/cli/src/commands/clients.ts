import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { readCallbackSecret, writeCallbackSecret } from '@mip/api/callbacks/secret-store';
import { printableJson } from '@mip/catalog/printable';
import {
  ClientAdmin,
  type ClientLimits,
  type KnownClient,
  newClientKey,
  nextCallbackSecret,
  physicalNames,
  type RoleChange,
} from '@mip/registry';
import type { Command } from 'commander';
import { type Context, EXIT, Failure, type GlobalOptions } from '../context.ts';
import { openPlatform, scopeOf } from '../platform.ts';
import { regionsOf } from '../regions.ts';
import { table } from '../tables.ts';

/** One region's clients and their secrets. */
interface Place {
  readonly region: string;
  readonly admin: ClientAdmin;
  readonly secrets: SecretsManagerClient;
  readonly secretId: (client: string) => string;
}

const HOUR = 60 * 60 * 1000;

/** What a subcommand works with. */
interface Setting {
  readonly clients: Command;
  readonly places: () => Promise<readonly Place[]>;
  /** Tells people in words, machines as JSON. */
  readonly say: (words: string, json: object) => void;
}

const GRACE = ['--grace <hours>', 'how long the one before stays valid', '24'] as const;

/** `mip clients …`: who may use the API. A key or a secret is shown once, when it is made, and is the same in every region. */
export function add(program: Command, context: Context): void {
  const clients = program.command('clients').description('who may use the API: list, add, rotate, revoke, secret, limit, role');
  const say = (words: string, json: object) => {
    context.print(program.opts<GlobalOptions>().json ? printableJson(json, 2) : words);
    process.exitCode = EXIT.done;
  };
  const setting: Setting = { clients, say, places: () => placesOf(context, program.opts<GlobalOptions>()) };
  for (const part of [addList, addAdd, addRotate, addRevoke, addSecret, addLimit, addRole]) part(setting);
}

function addList({ clients, places, say }: Setting): void {
  clients
    .command('list')
    .description('all clients')
    .action(async () => {
      const lists = await inEach(await places(), async ({ admin, region }) =>
        (await admin.list(new Date())).map((one) => ({ region, ...one })),
      );
      say(listed(lists.flat()), { clients: lists.flat() });
    });
}

function addAdd({ clients, places, say }: Setting): void {
  clients
    .command('add')
    .description('make a client and its key')
    .argument('<name>')
    .option('--role <role...>', 'what it may do: a role of admission.override_roles of the platform')
    .action(async (client: string, { role = [] }: { role?: readonly string[] }) => {
      const key = newClientKey();
      await inEach(await places(), ({ admin }) => admin.add(client, key, new Date(), role));
      say(`${client} has this key, which is not shown again:\n${key}`, { client_id: client, key, ...(role.length > 0 && { roles: role }) });
    });
}

function addRotate({ clients, places, say }: Setting): void {
  clients
    .command('rotate')
    .description('give a client another key')
    .argument('<name>')
    .option(...GRACE)
    .action(async (client: string, options: { grace: string }) => {
      const [now, until, key] = [new Date(), graceOf(options.grace), newClientKey()];
      await inEach(await places(), ({ admin }) => admin.rotate(client, key, { now, until }));
      const words = `${client} has this key, which is not shown again; older ones are valid until ${until.toISOString()}:\n${key}`;
      say(words, { client_id: client, key, older_until: until.toISOString() });
    });
}

function addRevoke({ clients, places, say }: Setting): void {
  clients
    .command('revoke')
    .description('end all keys of a client')
    .argument('<name>')
    .action(async (client: string) => {
      const ended = Math.max(...(await inEach(await places(), ({ admin }) => admin.revoke(client, new Date()))));
      const words = `${client} has no valid key any more; ${ended} ended, in the router within 10 seconds, on its WebSockets at once`;
      say(words, { client_id: client, revoked: ended });
    });
}

function addSecret({ clients, places, say }: Setting): void {
  clients
    .command('secret')
    .description("make the secret that a client's callbacks are signed with")
    .argument('<name>')
    .option(...GRACE)
    .action(async (client: string, options: { grace: string }) => {
      const { current, previous } = await makeSecret(await places(), client, graceOf(options.grace));
      const until = previous ? `; the one before signs too until ${previous.until}` : '';
      const words = `callbacks to ${client} are signed with this secret, which is not shown again${until}:\n${current}`;
      say(words, { client_id: client, secret: current, older_until: previous?.until ?? null });
    });
}

function addLimit({ clients, places, say }: Setting): void {
  clients
    .command('limit')
    .description('limit what a client may ask for; 0 sets no limit')
    .argument('<name>')
    .option('--per-minute <n>', 'jobs that it may send in a minute')
    .option('--concurrent <n>', 'its jobs that may be open at a time')
    .action(async (client: string, options: LimitOptions) => {
      const change = limitsOf(options);
      const [settings] = await inEach(await places(), ({ admin }) => admin.set(client, { limits: change }, new Date()));
      say(`${client}: ${limitWords(settings?.limits)}`, { client_id: client, limits: settings?.limits ?? change });
    });
}

function addRole({ clients, places, say }: Setting): void {
  clients
    .command('role')
    .description('give a client a role, or take it')
    .argument('<name>')
    .option('--add <role...>', 'a role to give')
    .option('--remove <role...>', 'a role to take')
    .action(async (client: string, { add = [], remove = [] }: Partial<RoleChange>) => {
      if (add.length + remove.length === 0) throw new Failure('say which: --add ROLE, --remove ROLE, or both.');
      const [roles = []] = await inEach(await places(), ({ admin }) => admin.changeRoles(client, { add, remove }, new Date()));
      say(`${client}: ${roles.join(', ') || 'no role'}, in the router within 10 seconds`, { client_id: client, roles });
    });
}

interface LimitOptions {
  readonly perMinute?: string;
  readonly concurrent?: string;
}

async function placesOf(context: Context, global: GlobalOptions): Promise<readonly Place[]> {
  const { platform } = await openPlatform(context, global.platform);
  return regionsOf(platform, global.region).map((region) => {
    const names = physicalNames(scopeOf(platform, region));
    const tables = { clients: names.table('clients'), connections: names.table('connections') };
    const admin = new ClientAdmin(new DynamoDBClient({ region }), tables);
    return { region, admin, secrets: new SecretsManagerClient({ region }), secretId: names.callbackSecret };
  });
}

/** One region after the other: what fails in one is not begun in the next. @throws {Failure} */
async function inEach<T>(places: readonly Place[], work: (place: Place) => Promise<T>): Promise<readonly T[]> {
  const done: T[] = [];
  for (const place of places)
    done.push(
      await work(place).catch((error: unknown) => {
        throw new Failure(`${place.region}: ${(error as Error).message}`);
      }),
    );
  return done;
}

/** Written first, told to the router last: no job is taken with a callback that could not be signed. */
async function makeSecret(places: readonly Place[], client: string, until: Date) {
  const now = new Date();
  for (const { admin, region } of places)
    if (!(await admin.list(now)).some(({ client_id }) => client_id === client))
      throw new Failure(`${region}: there is no client ${client}`);
  const [before] = await inEach(places.slice(0, 1), ({ secrets, secretId }) => readCallbackSecret(secrets, secretId(client)));
  const next = nextCallbackSecret(before, until);
  await inEach(places, ({ secrets, secretId }) => writeCallbackSecret(secrets, secretId(client), next));
  await inEach(places, ({ admin }) => admin.set(client, { signs_callbacks: true }, now));
  return next;
}

function graceOf(hours: string): Date {
  if (!/^\d{1,4}$/.test(hours)) throw new Failure(`--grace is "${hours}": give whole hours, such as 24.`);
  return new Date(Date.now() + Number(hours) * HOUR);
}

function limitsOf({ perMinute, concurrent }: LimitOptions): ClientLimits {
  if (perMinute === undefined && concurrent === undefined) throw new Failure('say what to limit: --per-minute N, --concurrent N, or both.');
  return {
    ...(perMinute !== undefined && { per_minute: numberOf('--per-minute', perMinute) }),
    ...(concurrent !== undefined && { concurrent: numberOf('--concurrent', concurrent) }),
  };
}

function numberOf(option: string, text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new Failure(`${option} is "${text}": give a whole number from 0 to 999999.`);
  return Number(text);
}

function limitWords({ per_minute, concurrent }: ClientLimits = {}): string {
  const words = [
    per_minute === undefined ? undefined : per_minute === 0 ? 'any number of jobs in a minute' : `${per_minute} jobs in a minute`,
    concurrent === undefined ? undefined : concurrent === 0 ? 'any number open' : `${concurrent} open`,
  ].filter((one) => one !== undefined);
  return words.join(', ') || "the platform's limits";
}

function listed(all: readonly (KnownClient & { readonly region: string })[]): string {
  if (all.length === 0) return 'There are no clients: `mip clients add NAME` makes one.';
  const rows = all.map((one) => [
    ...[one.client_id, one.region, one.created_at, String(one.keys)],
    ...[one.older_until ?? '–', limitWords(one.limits), one.signs_callbacks ? 'signed' : '–', one.roles?.join(', ') ?? '–'],
  ]);
  return table(['client', 'region', 'made', 'valid keys', 'older ones until', 'limits', 'callbacks', 'roles'], rows);
}
