import { getInput, setOutput } from '@actions/core';
import { Failure, folderInput, placeOf, runAction, wordsInput } from '../shared/action.ts';
import { countOf } from '../shared/plans.ts';
import { ALLOWED, reconcile } from './reconcile.ts';

runAction(async () => {
  const root = folderInput('path', process.env.GITHUB_WORKSPACE ?? process.cwd());
  const platform = getInput('platform', { required: true });

  const { reports, ok, words } = await reconcile({
    place: placeOf(),
    root,
    platform,
    allow: wordsInput('allow', ALLOWED),
    environment: getInput('environment') || platform,
    role: getInput('role'),
    token: getInput('github-token'),
  });

  setOutput('ok', ok);
  setOutput('digest', reports.map(({ plan }) => plan.digest).join(' '));
  setOutput(
    'changes',
    countOf(reports, ({ changes }) => changes.length),
  );
  if (!ok) throw new Failure(words);
});
