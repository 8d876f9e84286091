/** How fast a plan with nothing to change is made, and in how much memory, as whole processes, cold, beside other planners. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AwsProcess } from './aws-process.ts';
import { bundled } from './bundle.ts';
import { catalogOf, ROOT } from './catalog-of.ts';
import { type Cost, measured, NODE } from './measured.ts';
import { installed, pythonPeer } from './peers/installed.ts';
import { writeZone } from './peers/octodns.ts';
import { writeConfiguration } from './peers/terraform.ts';
import type { Row } from './row.ts';
import { timesRow } from './validate-rows.ts';

/** The calls that a plan over 1,000 unchanged algorithms may make: exact, where a time is noise. */
const MOST_CALLS = 150;
/** Repository, two queues, role, task definition, service, row. */
const RESOURCES = 7;

interface Planner {
  readonly name: string;
  /** Nothing when it is not installed. */
  readonly program: string | undefined;
  /** Writes what it plans into a folder. @returns its arguments. */
  readonly prepare: (program: string, folder: string) => readonly string[];
  readonly nothingToChange: RegExp;
  readonly rounds: number;
}

function peers(count: number, log: (line: string) => void): readonly Planner[] {
  const octodns = { program: pythonPeer('octodns-sync', log), nothingToChange: /No changes were planned/ };
  const zone = (records: number) => (_: string, folder: string) => writeZone(folder, records);
  const all: readonly Planner[] = [
    { ...octodns, name: `octoDNS 1.22, ${count} records`, prepare: zone(count), rounds: count > 1000 ? 3 : 5 },
    {
      name: `terraform, ${count} terraform_data`,
      program: installed('terraform', log),
      prepare: (program, folder) => writeConfiguration(program, folder, count),
      nothingToChange: /No changes\. Your infrastructure matches the configuration\./,
      rounds: count > 1000 ? 2 : 5,
    },
  ];
  if (count > 1000) return all;
  const records = count * RESOURCES;
  return [...all, { ...octodns, name: `octoDNS 1.22, ${records} records, one a resource`, prepare: zone(records), rounds: 3 }];
}

/** What MIP's process says of itself. */
interface Planned {
  readonly algorithms: number;
  readonly changes: number;
  readonly calls: number;
}

export async function planRows(count: number, log: (line: string) => void): Promise<readonly Row[]> {
  const repository = catalogOf(count);
  log(`plan ${count}: filling the in-memory AWS`);
  const aws = await AwsProcess.holding(repository);
  const command = [...NODE, bundled(join(ROOT, 'benchmarks/plan.ts')), repository, aws.socket];
  const mip = () => planned(measured(command), count);
  try {
    const { calls } = mip();
    return [...peers(count, log).flatMap((peer) => rowsBeside(peer, count, mip, log)), callsRow(count, calls)];
  } finally {
    await aws.stop();
    rmSync(repository, { recursive: true, force: true });
  }
}

/** @throws when there is anything to change, or anything missing. */
function planned(cost: Cost, count: number): Cost & { readonly calls: number } {
  const { algorithms, changes, calls }: Planned = JSON.parse(cost.output);
  if (algorithms !== count || changes !== 0) throw new Error(`MIP plans ${changes} changes of ${algorithms} algorithms`);
  return { ...cost, calls };
}

function rowsBeside(peer: Planner, count: number, mip: () => Cost, log: (line: string) => void): readonly Row[] {
  const folder = mkdtempSync(join(tmpdir(), 'mip-bench-peer-'));
  try {
    const { program } = peer;
    const command = program === undefined ? undefined : [program, ...peer.prepare(program, folder)];
    const own: Cost[] = [];
    const other: Cost[] = [];
    for (let round = 1; round <= peer.rounds; round += 1) {
      own.push(mip());
      if (command) other.push(unchanged(peer, measured(command, { folder })));
      const beside = command ? shown(other.at(-1)) : 'not installed';
      log(`plan ${count}, round ${round} of ${peer.rounds}: MIP ${shown(own.at(-1))}, ${peer.name} ${beside}`);
    }
    const [name, title] = [peer.name, `plan ${count} algorithms with all their resources, nothing to change`];
    const of = (costs: readonly Cost[], field: 'ms' | 'peakMib') => costs.map((cost) => cost[field]);
    const times = timesRow(`${title}; whole process`, { name, goal: 1 }, of(own, 'ms'), of(other, 'ms'));
    // octoDNS holds one small record where MIP holds a platform: only terraform's memory is a goal.
    const goal = name.startsWith('terraform') ? 1 : null;
    return [
      times,
      {
        ...timesRow(`${title}; peak memory`, { name, goal }, of(own, 'peakMib'), of(other, 'peakMib')),
        unit: 'MiB',
      },
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function unchanged({ name, nothingToChange }: Planner, cost: Cost): Cost {
  if (!nothingToChange.test(cost.output + cost.error)) throw new Error(`${name} finds something to change: ${cost.output.slice(-2000)}`);
  return cost;
}

function shown(cost: Cost | undefined): string {
  return `${cost?.ms.toFixed(0)} ms, ${cost?.cpuMs.toFixed(0)} ms of CPU, ${cost?.peakMib.toFixed(0)} MiB`;
}

function callsRow(count: number, calls: number): Row {
  const most = (MOST_CALLS * count) / 1000;
  const shared = {
    case: `plan over ${count} unchanged algorithms`,
    unit: 'AWS calls',
    mip: calls,
    peer: most,
    peer_name: 'the most allowed',
  };
  return { ...shared, ratio: most / calls, goal: 1, holds: calls <= most };
}
