import { getInput, setOutput } from '@actions/core';
import { Failure, numberInput, placeOf, runAction } from '../shared/action.ts';
import { isApproved } from '../shared/clinical-check.ts';
import { approve } from './approve.ts';

runAction(async () => {
  const pullRequest = numberInput('pull-request');
  if (pullRequest === undefined) throw new Failure('this run is for no pull request: give the input pull-request its number');
  const record = await approve({
    place: placeOf(),
    platform: getInput('platform', { required: true }),
    pullRequest,
    needs: getInput('needs'),
    token: getInput('github-token'),
    teamToken: getInput('team-token'),
  });
  setOutput('approved', record !== undefined && isApproved(record));
  setOutput('waiting', JSON.stringify((record?.needs ?? []).filter((one) => one.approved_by === null).map(({ algorithm }) => algorithm)));
});
