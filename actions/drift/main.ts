import { getInput, setOutput } from '@actions/core';
import { folderInput, placeOf, runAction } from '../shared/action.ts';
import { keepIssue, lookForDrift } from './drift.ts';
import { differs } from './words.ts';

runAction(async () => {
  const place = placeOf();
  const root = folderInput('path', process.env.GITHUB_WORKSPACE ?? process.cwd());

  const drift = await lookForDrift(root, getInput('platform', { required: true }), place);
  setOutput('drifted', differs(drift.plans));

  const issue = await keepIssue(drift, place.repository, { label: getInput('label'), token: getInput('github-token') });
  setOutput('issue', issue ?? '');
});
