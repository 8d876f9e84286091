/**
 * Golden scenarios: each folder is a catalog, what was there before (`observed.yaml`) and the plan that has to come of it (`plan.json`,
 * written by hand: tree hashes as `<name>, edition <n>`, other hashes as `sha256:…`).
 */
import { globSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CreateRepositoryCommand } from '@aws-sdk/client-ecr';
import { CreateQueueCommand } from '@aws-sdk/client-sqs';
import { type Algorithm, type Catalog, hasErrors, type Platform, parseDocument, validateCatalog } from '@mip/catalog';
import { apply, type Input, type Plan, plan, platformIn } from '@mip/reconcile';
import { FACTS, runOptions } from '@mip/reconcile/testing/fixtures';
import { MemoryAws } from '@mip/reconcile/testing/memory-aws';
import { load } from 'js-yaml';
import { describe, expect, it } from 'vitest';

/** `before` says how an applied entry differed from the catalog's; `like` takes another entry for one that has left. */
interface Observed {
  readonly before: Readonly<Record<string, Partial<Algorithm> & { readonly like?: string }>>;
  readonly sources?: Readonly<Record<string, { readonly before: number; readonly now: number }>>;
  readonly unowned?: readonly string[];
  readonly others?: { readonly catalog: string; readonly repositories: readonly string[] };
}

type Expected = Pick<Plan, 'changes' | 'refusals'> & { readonly dangers: readonly string[] };

const scenarios = readdirSync(import.meta.dirname, { withFileTypes: true }).filter((entry) => entry.isDirectory());

function read(folder: string, file: string): string {
  return readFileSync(join(import.meta.dirname, folder, file), 'utf8');
}

function catalogOf(folder: string): Catalog {
  const documents = (kind: string) =>
    globSync(`catalog/${kind}/*.yaml`, { cwd: join(import.meta.dirname, folder) }).map((file) => parseDocument(read(folder, file), file));
  const catalog = validateCatalog({ algorithms: documents('algorithms'), platforms: documents('platforms') }, () => true);
  expect(hasErrors(catalog.problems), JSON.stringify(catalog.problems)).toBe(false);
  return catalog;
}

function inputOf({ sources = {} }: Observed, platform: Platform, algorithms: readonly Algorithm[], when: 'before' | 'now'): Input {
  const treeHashes = new Map(algorithms.map(({ name }) => [name, `${name}, edition ${sources[name]?.[when] ?? 1}`]));
  const lineOf = (file: string, pointer: string) => algorithms.find((one) => one.file === file)?.position(pointer).line ?? 1;
  return { algorithms, faults: [], treeHashes, platform: platformIn('eu-central-1', platform, FACTS), now: new Date(0), lineOf };
}

/** Applies the catalog as it was, and lets others do what they did. */
async function arrange(aws: MemoryAws, observed: Observed, { algorithms, platforms }: Catalog): Promise<void> {
  const before = Object.entries(observed.before).map(([name, { like = name, ...over }]) => {
    const entry = algorithms.find((one) => one.name === like) as Algorithm;
    return { ...entry, ...over, name } as Algorithm;
  });
  if (before.length > 0) {
    const then = inputOf(observed, platforms[0] as Platform, before, 'before');
    const report = await apply(aws, await plan(aws, then), runOptions(aws));
    expect(report.ok, JSON.stringify(report.outcomes)).toBe(true);
  }
  for (const QueueName of observed.unowned ?? [])
    await aws.sqs.send(new CreateQueueCommand({ QueueName, Attributes: { FifoQueue: 'true' } }));
  const { catalog = '', repositories = [] } = observed.others ?? {};
  for (const repositoryName of repositories)
    await aws.ecr.send(new CreateRepositoryCommand({ repositoryName, tags: [{ Key: 'mip:managed-by', Value: catalog }] }));
}

/** As `plan.json` is written: fields only of updates, and no hash that nobody can compute by hand. */
function readable({ changes, refusals }: Plan): Pick<Expected, 'changes' | 'refusals'> {
  const shown = changes.map(({ fields, ...change }) => (change.action === 'update' ? { ...change, fields } : change));
  return JSON.parse(JSON.stringify({ changes: shown, refusals }).replaceAll(/sha256:[0-9a-f]{64}/g, 'sha256:…'));
}

describe.each(scenarios.map(({ name }) => name))('scenario %s', (folder) => {
  it('has the plan that was written for it, and is in sync once that was applied', async () => {
    const aws = new MemoryAws();
    const observed = load(read(folder, 'observed.yaml')) as Observed;
    const expected = JSON.parse(read(folder, 'plan.json')) as Expected;
    const catalog = catalogOf(folder);
    await arrange(aws, observed, catalog);
    const input = inputOf(observed, catalog.platforms[0] as Platform, catalog.algorithms, 'now');
    const prepared = await plan(aws, input);
    expect({ dangers: prepared.dangers, ...readable(prepared.plan) }).toEqual(expected);
    if (prepared.dangers.length > 0) return;
    let report = await apply(aws, prepared, runOptions(aws));
    while (report.outcomes.some(({ result }) => result === 'waiting')) {
      aws.world.now += 60_000; // what drains goes later
      report = await apply(aws, await plan(aws, input), runOptions(aws));
    }
    const again = await plan(aws, input);
    expect(again.plan.changes).toEqual([]);
    expect(again.plan.refusals).toEqual(prepared.plan.refusals);
  });
});
