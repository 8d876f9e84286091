import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { getInput, setOutput } from '@actions/core';
import { Failure, folderInput, placeOf, runAction, wordsInput } from '../shared/action.ts';
import { judgedHere } from '../shared/conformer.ts';
import { countOf } from '../shared/plans.ts';
import { toolsAbove } from '../shared/python.ts';
import { ALLOWED, reconcile } from './reconcile.ts';

runAction(async () => {
  const { PATH = '', LD_LIBRARY_PATH = '' } = process.env;
  const root = folderInput('path', process.env.GITHUB_WORKSPACE ?? process.cwd());
  const platform = getInput('platform', { required: true });
  const temporary = await mkdtemp(join(process.env.RUNNER_TEMP ?? tmpdir(), 'mip-reconcile-'));
  const judge = {
    root,
    tools: toolsAbove(dirname(process.argv[1] ?? '')),
    temporary,
    environment: { PATH, LD_LIBRARY_PATH, LANG: 'C.UTF-8' },
  };
  try {
    const { reports, ok, words } = await reconcile({
      place: placeOf(),
      root,
      platform,
      allow: wordsInput('allow', ALLOWED),
      environment: getInput('environment') || platform,
      role: getInput('role'),
      token: getInput('github-token'),
      judge: (algorithms) => judgedHere(judge, algorithms),
    });

    setOutput('ok', ok);
    setOutput('digest', reports.map(({ plan }) => plan.digest).join(' '));
    setOutput(
      'changes',
      countOf(reports, ({ changes }) => changes.length),
    );
    if (!ok) throw new Failure(words);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
});
