/** A change of results from its pull request to its approval, with the real workflows: measured once, held against every review, and applied when approved. */
import { expect, it, vi } from 'vitest';
import { platformFile } from '../actions/catalog.ts';
import { entryFiles, PROGRAM, program, sourceFiles } from '../actions/source.ts';
import { StandIn } from '../actions/stand-in.ts';
import { type Runner, runnerForEachTest } from './runner.ts';

vi.setConfig({ testTimeout: 240_000 });

let runner: Runner;
runnerForEachTest([], (opened) => {
  runner = opened;
});

const NAME = 'clinical approval (north)';
const check = () => {
  const { repository } = runner.place.github;
  return repository.checks(repository.commit('change') ?? '').filter(({ name }) => name === NAME);
};

it('is red until the clinical owner approves the head; the review builds nothing and runs the code of the base', async () => {
  const { place } = runner;
  const standIn = new StandIn();
  const programs = { programs: standIn.folder, environment: standIn.variables() };
  const platform = platformFile({ prefix: place.prefix, catalogId: place.prefix });
  const owned = (version: string) => {
    const files = entryFiles({ version });
    const [[path = '', text] = []] = Object.entries(files);
    return { ...files, [path]: (text ?? '').replace('clinical_owner: "@OWNER/mip"', 'clinical_owner: "@clinician"') };
  };
  place.push('main', { ...sourceFiles(), ...owned('1.0.0'), 'catalog/platforms/north.yaml': platform });
  // Passes its own case by the oracle of its branch, and gives other samples than the version before.
  const oracle = 'from dicom import samples\n\n\ndef expected(source, parameters):\n    return samples(source) + 2\n';
  const files = { ...owned('1.0.1'), [PROGRAM]: program('image_data.stored + 2'), 'tests/oracles/plus_one.py': oracle };
  const number = place.propose('change', { ...files, 'actions/approve/dist/index.js': 'process.exit(66);\n' });

  const measured = await runner.onPullRequest(number, programs);
  expect(measured.jobs.approve, measured.log).toMatchObject({
    result: 'success',
    outputs: { '1.approved': 'false', '1.waiting': '["plus-one"]' },
  });
  expect(check()).toMatchObject([{ conclusion: 'failure', summary: expect.stringContaining('16384 of 16384 samples changed') }]);

  place.github.repository.review(number, { login: 'clinician', state: 'APPROVED' });
  const reviewed = await runner.onReview(number);
  expect(reviewed.code, reviewed.log).toBe(0);
  expect(reviewed.jobs.approve).toMatchObject({ steps: ['actions/checkout', './actions/approve'], outputs: { '1.approved': 'true' } });
  expect(reviewed.jobs.approve?.printed).toContain('checked out main into .');
  expect(check()).toMatchObject([{ conclusion: 'success' }]);
  standIn.remove();
});

it('of a fork may not write, so its review runs nothing', async () => {
  const fork = runner.place.github.fork('mallory/catalog');
  fork.push('change', { 'README.md': 'theirs' }, { login: 'mallory' });
  const number = runner.place.github.repository.pullRequest({ head: 'change', fork, login: 'mallory' });
  const { code, jobs } = await runner.onReview(number);
  expect({ code, jobs }).toEqual({ code: 0, jobs: {} });
});
