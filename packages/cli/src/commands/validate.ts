import { renderProblem } from '@mip/catalog';
import { type Base, BaseError, openBase } from '@mip/catalog/base';
import { fixContracts } from '@mip/catalog/fix';
import { printableJson } from '@mip/catalog/printable';
import { checkRepository } from '@mip/catalog/repository';
import type { Command } from 'commander';
import { type Context, EXIT, Failure, type GlobalOptions } from '../context.ts';

interface Options {
  readonly fix: boolean;
  readonly base?: string;
}

/** `mip validate`: every fault of the repository with file, line and column. Exit code 2 when there is one. */
export function add(program: Command, context: Context): void {
  program
    .command('validate')
    .description('check the catalog; exit code 2 when it has faults')
    .option('--fix', 'write the contracts of versions that have none yet', false)
    .option('--base <ref>', 'compare with where this branch left another one, such as origin/main')
    .action(async (options: Options) => {
      const base = options.base === undefined ? undefined : await baseOf(context, options.base);
      try {
        await validate(context, program.opts<GlobalOptions>(), options, base);
      } finally {
        await base?.remove();
      }
    });
}

async function validate(context: Context, { json }: GlobalOptions, { fix }: Options, base: Base | undefined): Promise<void> {
  if (fix) for (const file of await fixContracts(context.root, { base })) context.warn(`wrote ${file}`);
  const { algorithms, platforms, problems } = await checkRepository(context.root, { base });
  const errors = problems.filter((problem) => problem.severity === 'error').length;
  if (json) context.print(printableJson(problems));
  else {
    for (const problem of problems) context.print(renderProblem(problem));
    const warnings = problems.length - errors;
    context.print(`${algorithms.length} algorithms, ${platforms.length} platforms: ${errors} faults, ${warnings} warnings`);
  }
  if (errors) process.exitCode = EXIT.pending;
}

async function baseOf({ root }: Context, ref: string): Promise<Base> {
  try {
    return await openBase(root, ref);
  } catch (error) {
    if (error instanceof BaseError) throw new Failure(error.message);
    throw error;
  }
}
