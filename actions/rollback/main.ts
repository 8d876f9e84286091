import { getInput, setOutput } from '@actions/core';
import { choiceInput, folderInput, placeOf, runAction } from '../shared/action.ts';
import { algorithmOf, readCatalog } from '../shared/catalog.ts';
import { pinRelease } from './now.ts';
import { METHODS, rollBack } from './rollback.ts';

runAction(async () => {
  const place = placeOf();
  const root = folderInput('path', process.env.GITHUB_WORKSPACE ?? process.cwd());
  const method = choiceInput('method', METHODS);
  const catalog = await readCatalog(root, getInput('platform', { required: true }));
  const algorithm = algorithmOf(catalog, getInput('algorithm', { required: true }));

  if (choiceInput('now', ['false', 'true']) === 'true') {
    const pinned = await pinRelease({ catalog, algorithm, version: getInput('version'), duration: getInput('for'), place });
    setOutput('version', pinned.version);
    setOutput('until', pinned.until);
    return;
  }
  const { version, number } = await rollBack({
    catalog,
    algorithm,
    version: getInput('version'),
    method,
    place,
    token: getInput('github-token'),
  });

  setOutput('version', version);
  setOutput('pull-request', number);
});
