import { getInput, setOutput } from '@actions/core';
import { parseOverride } from '@mip/reconcile/override';
import { choiceInput, Failure, folderInput, placeOf, runAction } from '../shared/action.ts';
import { algorithmOf, readCatalog } from '../shared/catalog.ts';
import { summarise } from '../shared/summary.ts';
import { proposeTasks } from './permanent.ts';
import { setTasks } from './scale.ts';
import { failureWords, scaledSummary } from './words.ts';

runAction(async () => {
  const place = placeOf();
  const root = folderInput('path', process.env.GITHUB_WORKSPACE ?? process.cwd());
  const permanent = choiceInput('permanent', ['false', 'true']) === 'true';
  const count = getInput('count', { required: true });
  const override = permanent ? undefined : parseOverride(count, getInput('duration'), new Date());
  const catalog = await readCatalog(root, getInput('platform', { required: true }));
  const algorithm = algorithmOf(catalog, getInput('algorithm', { required: true }));

  if (permanent) {
    const number = await proposeTasks({ root, algorithm, count, place, token: getInput('github-token') });
    setOutput('pull-request', number ?? '');
    return;
  }
  const regions = await setTasks({ catalog, algorithm, override, place });
  await summarise(scaledSummary({ algorithm: algorithm.name, override, regions, runUrl: place.runUrl }));
  setOutput('until', override?.until ?? '');
  const failed = failureWords(regions);
  if (failed) throw new Failure(failed);
});
