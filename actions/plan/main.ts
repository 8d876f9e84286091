import { getInput, setOutput } from '@actions/core';
import { destructive } from '@mip/reconcile';
import { choiceInput, folderInput, numberInput, placeOf, runAction } from '../shared/action.ts';
import { countOf } from '../shared/plans.ts';
import { withoutRights } from '../shared/pull-request.ts';
import { planAgainstBase, planAgainstCloud } from './plan.ts';

runAction(async () => {
  const place = placeOf();
  const root = folderInput('path', process.env.GITHUB_WORKSPACE ?? process.cwd());
  const platform = getInput('platform', { required: true });
  const base = getInput('base');
  const request = { place, root, base, pullRequest: numberInput('pull-request'), token: getInput('github-token') };
  const asked = choiceInput('offline', ['auto', 'true', 'false']);
  const offline = asked === 'true' || (asked === 'auto' && withoutRights(place));

  const { plans, comment } = await (offline ? planAgainstBase : planAgainstCloud)({ ...request, platform });

  setOutput('digest', plans.map(({ plan }) => plan.digest).join(' '));
  setOutput(
    'changes',
    countOf(plans, ({ changes }) => changes.length),
  );
  setOutput(
    'destructive',
    countOf(plans, (plan) => destructive(plan).length),
  );
  setOutput('comment', comment);
});
