/** How fast a catalog is checked, as whole processes, cold, beside other validators. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundled } from './bundle.ts';
import { catalogOf, ROOT } from './catalog-of.ts';
import { type Cost, measured, NODE } from './measured.ts';
import { installed, pythonPeer } from './peers/installed.ts';
import { median, type Row } from './row.ts';

const SCHEMA = join(ROOT, 'schemas/algorithm.schema.json');
const BROKEN = 'broken.yaml';

/** A program that checks every file of a folder against the schema, and how to read which files it finds faulty. */
interface Validator {
  readonly name: string;
  /** Nothing when it is not installed. */
  readonly command: ((files: string) => readonly string[]) | undefined;
  readonly faulty: (output: string) => readonly string[];
  /** The ratio to reach; null is only printed. */
  readonly goal: number | null;
  /** By the number of files. */
  readonly rounds: Readonly<Record<number, number>>;
}

const verdict = (output: string): readonly string[] => JSON.parse(output).faulty;
const script = (file: string) => [process.execPath, join(ROOT, 'benchmarks', file)];

const MIP: Validator = {
  name: 'MIP',
  command: (files) => [...NODE, bundled(join(ROOT, 'benchmarks/validate.ts')), join(files, '../..')],
  faulty: verdict,
  goal: null,
  rounds: {},
};

function peers(log: (line: string) => void): readonly Validator[] {
  const checkJsonschema = pythonPeer('check-jsonschema', log);
  const boon = installed('boon', log);
  return [
    {
      name: 'js-yaml + ajv, 40 lines, contracts too',
      command: (files) => [...script('peers/validate-script.mjs'), files, SCHEMA],
      faulty: verdict,
      goal: 1,
      rounds: { 1000: 9, 10000: 7 },
    },
    {
      name: 'check-jsonschema 0.39, entries only',
      command:
        checkJsonschema === undefined ? undefined : (files) => [checkJsonschema, '--schemafile', SCHEMA, '-o', 'json', '--glob', files],
      faulty: (output) => JSON.parse(output).errors.map(({ filename }: { filename: string }) => filename.split('/').at(-1)),
      goal: 10,
      rounds: { 1000: 3, 10000: 1 },
    },
    {
      name: 'boon-cli, entries only',
      command: boon === undefined ? undefined : (files) => [boon, '-q', SCHEMA, '--glob', files],
      faulty: (output) => [...output.matchAll(/^instance .*\/([^/]+): failed$/gm)].map(([, file]) => file ?? ''),
      goal: null,
      rounds: { 1000: 5, 10000: 5 },
    },
    {
      name: 'reading the files only',
      command: (files) => [...script('peers/read-script.mjs'), files],
      faulty: () => [BROKEN],
      goal: null,
      rounds: { 1000: 5, 10000: 5 },
    },
  ];
}

/** One row for each validator. */
export function validateRows(count: number, log: (line: string) => void): readonly Row[] {
  const repository = catalogOf(count);
  const files = join(repository, 'catalog/algorithms');
  try {
    const others = peers(log);
    assertSameVerdicts([MIP, ...others], files);
    return others.map((peer) => rowOf(peer, files, count, log));
  } finally {
    rmSync(repository, { recursive: true, force: true });
  }
}

/** All accept the sound files, and find the one that is not. */
function assertSameVerdicts(validators: readonly Validator[], files: string): void {
  const text = readFileSync(join(ROOT, 'catalog/algorithms/window-level.yaml'), 'utf8');
  writeFileSync(join(files, BROKEN), text.replace('name: window-level', 'name: broken').replace('cpu: 256', 'cpu: 300'));
  for (const validator of validators) {
    if (!validator.command) continue;
    const { output } = run(validator, files);
    const found = JSON.stringify(validator.faulty(output));
    if (found !== JSON.stringify([BROKEN])) throw new Error(`${validator.name} finds ${found.slice(0, 300)}, not ${BROKEN}`);
  }
  rmSync(join(files, BROKEN));
}

function rowOf(peer: Validator, files: string, count: number, log: (line: string) => void): Row {
  const rounds = peer.rounds[count] ?? 1;
  const mip: number[] = [];
  const other: number[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    mip.push(run(MIP, files).ms);
    if (peer.command) other.push(run(peer, files).ms);
    const beside = peer.command ? `${other.at(-1)?.toFixed(0)} ms` : 'not installed';
    log(`validate ${count}, round ${round} of ${rounds}: MIP ${mip.at(-1)?.toFixed(0)} ms, ${peer.name} ${beside}`);
  }
  return timesRow(`validate ${count} entries and their contracts, all rules`, peer, mip, other);
}

/** The ratio is the median of the rounds' ratios, as the machine's noise changes both sides of a round alike. */
export function timesRow(
  name: string,
  peer: { readonly name: string; readonly goal: number | null },
  mip: readonly number[],
  other: readonly number[],
): Row {
  const compared = other.length > 0;
  const ratio = compared ? median(mip.map((time, index) => (other[index] ?? Number.NaN) / time)) : null;
  return {
    case: name,
    unit: 'ms',
    mip: median(mip),
    peer: compared ? median(other) : null,
    peer_name: peer.name,
    ratio,
    goal: peer.goal,
    holds: ratio === null ? null : peer.goal === null || ratio >= peer.goal,
  };
}

function run({ command }: Validator, files: string): Cost {
  return measured(command?.(files) ?? [], { accepted: [0, 1, 2] });
}
