import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Algorithm, renderProblem } from '@mip/catalog';
import { type Base, openBase } from '@mip/catalog/base';
import { checkAlgorithm } from '@mip/catalog/check';
import { printableJson } from '@mip/catalog/printable';
import { readDocument } from '@mip/catalog/read';
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
import { ALGORITHM_NAME } from '@mip/registry/names';
import type { Command } from 'commander';
import { Listr } from 'listr2';
import { type Context, EXIT, Failure, type GlobalOptions } from '../context.ts';
import { sentenceOf } from '../sentence.ts';
import { pythonOf } from '../workspace.ts';

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
        const conformance = await test(context, findAlgorithm(context.root, name), { ...options, work, quiet: json });
        context.print(json ? printableJson(conformanceAsJson(conformance)) : renderConformance(conformance, { colour: context.terminal }));
        if (options.report) writeReport(context, options.report, conformance);
        process.exitCode = hasPassed(conformance) ? EXIT.done : EXIT.failed;
      } finally {
        await rm(work, { recursive: true, force: true });
      }
    });
}

/** The entry by itself: what else is wrong with the catalog is `mip validate`'s. @throws {Failure} with the entry's faults. */
function findAlgorithm(root: string, name: string): Algorithm {
  const file = `catalog/algorithms/${name}.yaml`;
  if (!ALGORITHM_NAME.test(name) || !existsSync(join(root, file)))
    throw new Failure(`there is no algorithm ${name}: catalog/algorithms has no ${name}.yaml.`);
  const { item, problems } = checkAlgorithm(readDocument(root, file));
  const faults = problems.filter(({ severity }) => severity === 'error');
  if (faults.length > 0) throw new Failure(faults.map(renderProblem).join('\n'));
  if (!item.source) throw new Failure(`${name} runs from a ready-made image: there is no source to run on this machine.`);
  return item;
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
