/** The story of a change: from a fault in a pull request to the rollback of what was merged. */
import assert from 'node:assert/strict';
import { entryFile, entryPath, type Files } from '../actions/catalog.ts';
import { entryFiles, PLUS_ONE, PROGRAM, program } from '../actions/source.ts';
import type { WorkflowRun } from './act.ts';
import { setVisibility, tasks } from './region.ts';
import { type Chapter, commentOf, type Stage } from './story-play.ts';
import * as see from './story-seen.ts';

const BRANCH = 'plus-one-1.0.1';
const release = entryFiles({ version: '1.0.1' });
const MENDED: Files = { ...release, [PROGRAM]: program('image_data.stored + 2 - 1') };
const FAULTY: Files = { ...MENDED, [PLUS_ONE]: release[PLUS_ONE]?.replace('cpu: 256', 'cpu: 300') ?? null };
const BIGGER: Files = { [entryPath('seg')]: entryFile('seg', { cpu: '2048', memory: '4096' }) };

const results = ({ jobs }: WorkflowRun) => Object.fromEntries(Object.entries(jobs).map(([name, { result }]) => [name, result]));
const ALL_GREEN = { changes: 'success', validate: 'success', plan: 'success', build: 'success', approve: 'success' };

function pushToPullRequest({ runner, programs }: Stage, files: Files): Promise<WorkflowRun> {
  runner.place.push(BRANCH, files);
  return runner.onPullRequest(1, programs);
}

export const CHAPTERS: readonly Chapter[] = [
  {
    title: 'What runs to begin with',
    done: 'The catalog with seg, other and plus-one 1.0.0 comes to main. The first two name images of somebody else; plus-one is built from its source.',
    play: ({ runner, programs }) => runner.onPush(programs),
    seen: (scene) => [
      ...see.jobsSeen('catalog-apply', scene),
      ...see.imagesSeen(scene.run.jobs.build?.outputs['build.images']),
      ...see.deploymentSeen(scene.repository),
    ],
    holds({ run, repository }) {
      assert.deepEqual(results(run), { build: 'success', reconcile: 'success' });
      assert.equal(repository.deployments('north').at(-1)?.statuses.at(-1)?.state, 'success');
    },
  },
  {
    title: 'A pull request with a fault',
    done: 'Somebody opens a pull request that writes plus-one otherwise, as version 1.0.1, and gives it a number of CPU units that Fargate does not have.',
    play({ runner, repository, programs }) {
      runner.place.push(BRANCH, FAULTY);
      repository.pullRequest({ head: BRANCH, title: 'plus-one 1.0.1: add two, take one away' });
      return runner.onPullRequest(1, programs);
    },
    seen: (scene) => [
      ...see.pullRequestSeen(scene.repository),
      ...see.jobsSeen('catalog-pr', scene),
      ...see.annotationsSeen(scene.run),
      ...see.summarySeen(scene.run.jobs.validate?.summary),
      ...see.commentSeen(scene),
    ],
    holds({ run, repository }) {
      assert.deepEqual(results(run), { changes: 'success', validate: 'failure', approve: 'success' });
      const [{ file, line, column } = {}] = run.annotations;
      assert.deepEqual({ file, line, column }, { file: PLUS_ONE, line: 6, column: 6 });
      assert.equal(commentOf(repository), undefined);
    },
  },
  {
    title: 'The fault is mended',
    done: 'The number is put right and pushed. The image is built, its case runs in it beside the old one, and one comment says what an apply would do.',
    play: (stage) => pushToPullRequest(stage, MENDED),
    seen: (scene) => [
      ...see.jobsSeen('catalog-pr', scene),
      ...see.annotationsSeen(scene.run),
      ...see.commentSeen(scene),
      ...see.checksSeen(scene.repository, BRANCH),
    ],
    holds({ run, repository }) {
      assert.deepEqual(results(run), ALL_GREEN);
      assert.match(commentOf(repository)?.body ?? '', /mip:section:plan[\s\S]*mip:section:conformance[\s\S]*Conformance: passed, 1 passed/);
      assert.deepEqual(
        repository.checks(repository.commit(BRANCH) ?? '').map(({ conclusion }) => conclusion),
        ['success', 'success'],
      );
    },
  },
  {
    title: 'Pushed again',
    done: 'Another commit gives seg two CPUs. The same comment now tells of both.',
    play: (stage) => pushToPullRequest(stage, BIGGER),
    seen: (scene) => [...see.jobsSeen('catalog-pr', scene), ...see.commentSeen(scene), ...see.checksSeen(scene.repository, BRANCH)],
    holds({ run, repository, before }) {
      assert.deepEqual(results(run), ALL_GREEN);
      assert.equal(repository.comments(1).length, 1);
      assert.equal(commentOf(repository)?.id, before?.id);
      assert.match(commentOf(repository)?.body ?? '', /2 to change/);
    },
  },
  {
    title: 'Merged',
    done: 'The pull request is merged. plus-one 1.0.1 is built and pushed by digest, the catalog applied, and the comment says how it went.',
    play({ runner, repository, programs }) {
      repository.merge(1, { method: 'squash' });
      return runner.onPush(programs);
    },
    seen: (scene) => [
      ...see.jobsSeen('catalog-apply', scene),
      ...see.imagesSeen(scene.run.jobs.build?.outputs['build.images']),
      ...see.deploymentSeen(scene.repository),
      ...see.commentSeen(scene),
    ],
    holds({ run, repository, before }) {
      assert.deepEqual(results(run), { build: 'success', reconcile: 'success' });
      assert.match(run.jobs.build?.outputs['build.images'] ?? '', /plus-one:v1\.0\.1/);
      assert.equal(repository.deployments('north').at(-1)?.statuses.at(-1)?.state, 'success');
      assert.equal(commentOf(repository)?.id, before?.id);
      assert.match(commentOf(repository)?.body ?? '', /mip:section:result[\s\S]*: applied/);
    },
  },
  {
    title: 'Scaled by dispatch',
    done: 'On the page of the workflow scale somebody asks for three tasks of seg for 90 minutes.',
    play: ({ runner }) => runner.dispatch('scale', { algorithm: 'seg', count: '3', duration: '90m', permanent: 'false' }),
    seen: async (scene) => [
      ...see.jobsSeen('scale', scene),
      ...see.summarySeen(scene.run.jobs.override?.summary),
      `tasks of seg that ECS is asked for: ${await tasks(scene.runner.place, 'seg')}`,
    ],
    async holds({ run, runner }) {
      assert.deepEqual(results(run), { override: 'success' });
      assert.equal(await tasks(runner.place, 'seg'), 3);
    },
  },
  {
    title: 'Drift is found',
    done: 'Somebody changes the visibility timeout of a queue of seg by hand. In the morning the workflow drift runs; what was scaled on purpose is none.',
    async play({ runner }) {
      await setVisibility(runner.place, 'seg', 77);
      return runner.onSchedule('drift');
    },
    seen: (scene) => [...see.jobsSeen('drift', scene), ...see.issuesSeen(scene.repository)],
    holds({ run, repository }) {
      assert.deepEqual(results(run), { drift: 'success' });
      assert.deepEqual(
        repository.issues.map(({ state, title }) => [state, title]),
        [['open', 'Drift on north: 1 algorithm differs from Git']],
      );
    },
  },
  {
    title: 'Drift is over',
    done: 'The queue is put back by hand. The next run closes the issue.',
    async play({ runner }) {
      await setVisibility(runner.place, 'seg', 900);
      return runner.onSchedule('drift');
    },
    seen: (scene) => [...see.jobsSeen('drift', scene), ...see.issuesSeen(scene.repository)],
    holds({ run, repository }) {
      assert.deepEqual(results(run), { drift: 'success' });
      assert.deepEqual(
        repository.issues.map(({ state }) => state),
        ['closed'],
      );
    },
  },
  {
    title: 'Rolled back',
    done: 'plus-one 1.0.1 is not liked after all. The workflow rollback opens the pull request that puts 1.0.0 back; people merge it like any other.',
    play: ({ runner }) => runner.dispatch('rollback', { algorithm: 'plus-one', version: '', method: 'source' }),
    seen: (scene) => [...see.jobsSeen('rollback', scene), ...see.pullRequestSeen(scene.repository)],
    holds({ run, repository }) {
      assert.deepEqual(results(run), { rollback: 'success' });
      const opened = repository.pullRequests.at(-1);
      assert.equal(opened?.title, 'Roll back plus-one to 1.0.0');
      assert.match(repository.file(opened?.head.ref ?? '', PLUS_ONE) ?? '', /^version: 1\.0\.0$/m);
      assert.equal(repository.file(opened?.head.ref ?? '', PROGRAM), program());
    },
  },
];
