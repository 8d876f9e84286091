import { getInput, info, setFailed, setOutput } from '@actions/core';
import { renderProblem } from '@mip/catalog';
import { printable } from '@mip/catalog/printable';
import { annotateProblems } from '@mip/reconcile/report/annotations';
import { folderInput, runAction } from '../shared/action.ts';
import { annotate } from '../shared/annotate.ts';
import { summarise } from '../shared/summary.ts';
import { check } from './check.ts';
import { problemsSummary } from './summary.ts';

runAction(async () => {
  const root = folderInput('path', process.env.GITHUB_WORKSPACE ?? process.cwd());

  const { problems, algorithms, platforms } = await check(root, getInput('base'));

  const errors = problems.filter(({ severity }) => severity === 'error').length;
  const warnings = problems.length - errors;
  for (const problem of problems) info(printable(renderProblem(problem)));
  const hidden = annotate(annotateProblems(problems));
  await summarise(problemsSummary({ problems, algorithms, platforms, hidden }));
  setOutput('valid', errors === 0);
  setOutput('errors', errors);
  setOutput('warnings', warnings);
  if (errors > 0) setFailed(`the catalog has ${errors} ${errors === 1 ? 'fault' : 'faults'}; the summary of the job lists them`);
});
