/** A live catalog: a YAML file is copied under another name, used, broken, mended, and deleted while jobs are queued. */
import assert from 'node:assert/strict';
import { NAME, type Stage } from './stage.ts';

export interface Chapter {
  readonly title: string;
  /** What somebody does. */
  readonly done: string;
  /** What that person then sees. @throws {AssertionError} if it is not as it should be. */
  readonly play: (stage: Stage) => Promise<readonly string[]>;
}

const copied = ({ original }: Stage) => original.replace(/^name: .*/m, `name: ${NAME}`);
const broken = (stage: Stage) => copied(stage).replace('cpu: 256', 'cpu: 300').replace('license:', 'licence:');
const mended = (stage: Stage) => copied(stage).replace('cpu: 256', 'cpu: 512').replace('memory: 512', 'memory: 1024');
const JOBS = ['queued-1', 'queued-2', 'queued-3', 'queued-4', 'queued-5'];

/** A worker that is held may have taken some of the jobs already. */
function held({ lines }: { readonly lines: readonly string[] }): { readonly lines: readonly string[] } {
  return { lines: lines.map((line) => line.replace(/\d wait, \d are worked on/, '5 wait or are worked on')) };
}

function includes(lines: readonly string[], ...words: readonly string[]): void {
  for (const word of words)
    assert.ok(
      lines.some((line) => line.includes(word)),
      `nobody said "${word}":\n${lines.join('\n')}`,
    );
}

export const CHAPTERS: readonly Chapter[] = [
  {
    title: 'A copy under another name',
    done: `\`catalog/algorithms/window-level.yaml\` is copied to \`${NAME}.yaml\`, and its name is changed. Nothing else is done.`,
    async play(stage) {
      const lines = await stage.save(copied(stage), / is live\n.*s\)\n/);
      includes(lines, `catalog/algorithms/${NAME}.yaml changed`, `${NAME} is live`);
      return lines;
    },
  },
  {
    title: 'Used',
    done: 'In another terminal, an image is sent through it.',
    async play(stage) {
      const used = stage.process();
      // That of its candidate, and this one.
      const logs = await stage.commandUntil(/(job-succeeded[\s\S]*){2}/, 'logs', NAME, '--since', '1h');
      const status = await stage.commandUntil(/soft-tissue .* 0 +0 +0\s/, 'status');
      assert.equal(used.code, 0, used.lines.join('\n'));
      includes(used.lines, 'result-0001.dcm');
      includes(status.lines, NAME);
      return [...used.lines, '', ...logs.lines, '', ...status.lines];
    },
  },
  {
    title: 'Broken',
    done: 'The file is saved with two mistakes; then half of it, as an editor that was killed leaves it. What runs goes on running.',
    async play(stage) {
      const wrong = await stage.save(broken(stage), /nothing was changed.*\n.*s\)\n/);
      const used = stage.process();
      const half = await stage.save(copied(stage).slice(0, 700), /nothing was changed.*\n.*s\)\n/);
      includes(wrong, `${NAME}.yaml:6:6 error /cpu`, 'did you mean license?');
      includes(half, `${NAME}.yaml`, 'error');
      assert.equal(used.code, 0, used.lines.join('\n'));
      return [...wrong, '', ...used.lines, '', ...half];
    },
  },
  {
    title: 'Mended',
    done: 'The mistakes are put right, and the algorithm gets more memory.',
    async play(stage) {
      const lines = await stage.save(mended(stage), / is live\n.*s\)\n/);
      const used = stage.process();
      includes(lines, `${NAME} is live`, '512 → 1024');
      assert.equal(used.code, 0, used.lines.join('\n'));
      return [...lines, '', ...used.lines];
    },
  },
  {
    title: 'Deleted while jobs are queued',
    done: `Its worker is held where it is, five jobs are sent, and the file is deleted. Then the worker goes on.`,
    async play(stage) {
      stage.command('scale', NAME, '1'); // it would sleep a minute after its last job
      await stage.commandUntil(/1 of 1 run, 0 start; rollout completed/, 'status', NAME); // the worker before the change has ended
      assert.ok(stage.signalWorkers('SIGSTOP') > 0, 'no worker runs');
      for (const job of JOBS) assert.equal(await stage.post(job), 202);
      const from = stage.cloud.printed.length;
      await stage.save(undefined, /still holds 5 messages/);
      const refused = await stage.post('too-late');
      const status = held(stage.command('status', NAME));
      stage.signalWorkers('SIGCONT');
      const states = await Promise.all(JOBS.map((job) => stage.ended(job)));
      const lines = await stage.said(from, new RegExp(`${NAME} is gone\n`));
      const gone = stage.command('status', NAME);
      includes(lines, `${NAME} is withdrawn: it takes no more jobs`, 'still holds 5 messages', `${NAME} is gone`);
      assert.deepEqual([refused, gone.code, ...states], [404, 1, ...JOBS.map(() => 'succeeded')]);
      includes(status.lines, 'draining');
      const told = lines.filter((line) => !/still holds [1-4] message/.test(line)); // whether it is seen half-way depends on the machine
      return [
        ...told,
        '',
        `POST /process/${NAME}, meanwhile: ${refused}`,
        `the five jobs, at the end: ${states.join(', ')}`,
        '',
        ...status.lines,
        '',
        ...gone.lines,
      ];
    },
  },
];
