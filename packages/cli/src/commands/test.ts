import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Algorithm, loadCatalog, renderProblem } from '@mip/catalog';
import { type Base, openBase } from '@mip/catalog/base';
import { printableJson } from '@mip/catalog/printable';
import {
  type Conformance,
  conform,
  conformanceAsJson,
  findOld,
  hasPassed,
  htmlReport,
  type Interpreter,
  inFolder,
  type OldVersion,
  renderConformance,
} from '@mip/conformance';
import { buildNative } from '@mip/local/build';
import type { Command } from 'commander';
import { Listr } from 'listr2';
import { type Context, EXIT, Failure, type GlobalOptions } from '../context.ts';
import { sentenceOf } from '../sentence.ts';

interface TestOptions {
  readonly case?: string;
  readonly base?: string;
  readonly report?: string;
}

/** `mip test NAME`: the conformance cases of an algorithm on this machine. Exit code 0 when they passed, 1 when not. */
export function add(program: Command, context: Context): void {
  program
    .command('test')
    .description('run the conformance cases of an algorithm on this machine; exit code 1 when they did not pass')
    .argument('<name>', 'the algorithm')
    .option('--case <name>', 'one case instead of all')
    .option('--base <ref>', 'run the version of the merge-base with this commit or branch too, and compare')
    .option('--report <dir>', 'write report.html, with pictures, and conformance.json into this folder')
    .action(async (name: string, options: TestOptions) => {
      const { json } = program.opts<GlobalOptions>();
      const work = await mkdtemp(join(tmpdir(), 'mip-test-'));
      try {
        const conformance = await test(context, await findAlgorithm(context.root, name), { ...options, work, quiet: json });
        context.print(json ? printableJson(conformanceAsJson(conformance)) : renderConformance(conformance, { colour: context.terminal }));
        if (options.report) writeReport(context, options.report, conformance);
        process.exitCode = hasPassed(conformance) ? EXIT.done : EXIT.failed;
      } finally {
        await rm(work, { recursive: true, force: true });
      }
    });
}

/** @throws {Failure} with the entry's faults, where it has some. */
async function findAlgorithm(root: string, name: string): Promise<Algorithm> {
  const { algorithms, problems } = await loadCatalog(root);
  const found = algorithms.find((algorithm) => algorithm.name === name);
  if (found?.source) return found;
  if (found) throw new Failure(`${name} runs from a ready-made image: there is no source to run on this machine.`);
  const faults = problems.filter(({ file }) => file === `catalog/algorithms/${name}.yaml`).map(renderProblem);
  throw new Failure(faults.join('\n') || `there is no algorithm ${name}: catalog/algorithms has no ${name}.yaml.`);
}

interface Work extends TestOptions {
  readonly work: string;
  readonly quiet: boolean;
}

async function test(context: Context, algorithm: Algorithm, options: Work): Promise<Conformance> {
  const { root } = context;
  const { work, base: ref, case: only, report, quiet } = options;
  const python = pythonOf(context);
  const found: { base?: Base; old?: OldVersion; conformance?: Conformance } = {};
  const absent = { absent: 'no old version beside it: --base REF runs the one of an earlier commit' };
  const tasks = [
    { title: 'Build the C/OpenMP code', task: () => buildNative(root, algorithm) },
    {
      title: `Build the version of ${ref}`,
      skip: () => ref === undefined,
      task: async () => {
        found.base = await openBase(root, ref ?? '');
        found.old = await oldVersion(found.base, algorithm, python);
      },
    },
    {
      title: 'Run the cases',
      task: async (_: unknown, task: { output: string }) => {
        const note = (line: string) => {
          task.output = line;
        };
        const shared = { algorithm, root, tools: root, python, work, note, pictures: report !== undefined, ...(only && { only }) };
        found.conformance = await conform({ ...shared, place: inFolder(root, python), old: found.old ?? absent });
      },
    },
  ];
  try {
    await new Listr(tasks, { renderer: context.terminal && !quiet ? 'default' : 'silent' }).run();
  } finally {
    await found.base?.remove();
  }
  return found.conformance as Conformance;
}

/** The algorithm at the base, built in the base's own folder. What cannot be built there is no fault of the new version. */
async function oldVersion(base: Base, algorithm: Algorithm, python: Interpreter): Promise<OldVersion> {
  const old = findOld(base.root, algorithm);
  if (old.absent !== undefined) return old;
  try {
    await buildNative(base.root, old.algorithm);
  } catch (error) {
    return { absent: `the version of the base cannot be built: ${sentenceOf(error)}` };
  }
  return { subject: old.algorithm, place: inFolder(base.root, python) };
}

function pythonOf({ root, environment }: Context): Interpreter {
  return { program: join(root, '.venv', 'bin', 'python'), environment: { PATH: environment.PATH ?? '', LANG: 'C.UTF-8' } };
}

function writeReport(context: Context, folder: string, conformance: Conformance): void {
  const target = resolve(folder);
  mkdirSync(target, { recursive: true });
  writeFileSync(
    join(target, 'report.html'),
    htmlReport([conformance], (path) => readFileSync(path)),
  );
  writeFileSync(join(target, 'conformance.json'), `${printableJson([conformanceAsJson(conformance)], 2)}\n`);
  context.warn(`the report is ${join(target, 'report.html')}`);
}
