import { checkCatalog, renderProblem } from '@mip/catalog';
import type { Command } from 'commander';
import { type Context, EXIT, type GlobalOptions } from '../context.ts';

/** `mip validate`: every fault of the catalog with file, line and column. Exit code 2 when there is one. */
export function add(program: Command, context: Context): void {
  program
    .command('validate')
    .description('check the catalog; exit code 2 when it has faults')
    .action(async () => {
      const { json } = program.opts<GlobalOptions>();
      const { algorithms, platforms, problems } = await checkCatalog(context.root);
      const errors = problems.filter((problem) => problem.severity === 'error').length;
      if (json) context.print(JSON.stringify(problems));
      else {
        for (const problem of problems) context.print(renderProblem(problem));
        const warnings = problems.length - errors;
        context.print(`${algorithms.length} algorithms, ${platforms.length} platforms: ${errors} faults, ${warnings} warnings`);
      }
      if (errors) process.exitCode = EXIT.pending;
    });
}
