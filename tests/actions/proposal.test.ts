/** A pull request that an action opens, by the example of `scale` with `permanent`: what it changes, and whatever happens on the way. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BAD_GATEWAY, on, type Rule, tooMany } from '../github/rules.ts';
import { entryFile, entryPath } from './catalog.ts';
import { PLATFORM, Place, type RunOptions } from './place.ts';

let place: Place;
beforeEach(async () => {
  place = await Place.withoutCloud(['seg', 'other']);
});
afterEach(async () => {
  expect(place.github.violations).toEqual([]);
  await place.close();
});

const BRANCH = 'mip/scale/seg';
const request = (count: string | number, inputs = {}) => ({
  inputs: { platform: PLATFORM, algorithm: 'seg', count, permanent: 'true', ...inputs },
});
const scale = (count: string | number, { inputs, ...options }: RunOptions = {}) =>
  place.run('scale', { ...request(count, inputs), ...options });
const open = () => place.github.repository.pullRequests.filter(({ state }) => state === 'open');
const proposed = () => place.github.repository.file(BRANCH, entryPath('seg'));
/** The commits of the branch beyond `main`. */
const commits = () => place.git('rev-list', `main..${BRANCH}`).split('\n').filter(Boolean);

describe('another number of tasks for good', () => {
  it('is a pull request that changes that one line, and says why it may', async () => {
    const text = `# Ours.\n${entryFile('seg', { scaling: '{ min: 0,  max: 2 } # as measured' })}`;
    place.push('main', { [entryPath('seg')]: text }, 'Comments');
    const { code, outputs, summary } = await scale(2);
    expect({ code, outputs }).toEqual({ code: 0, outputs: { 'pull-request': '1' } });
    expect(proposed()).toBe(text.replace('min: 0', 'min: 2'));
    expect(place.git('diff', '--name-only', `main..${BRANCH}`)).toBe(entryPath('seg'));
    const [pullRequest] = open();
    expect(pullRequest).toMatchObject({ title: 'Scale seg to at least 2 tasks', base: { ref: 'main' }, login: 'github-actions[bot]' });
    expect(pullRequest?.body).toContain('needs no new one');
    expect(pullRequest?.body).toContain('https://github.com/octo/catalog/actions/runs/4711');
    expect(pullRequest?.body).not.toContain('scaling.max');
    expect(summary).toContain('Pull request [#1](');
  });

  it('raises the maximum where that is lower, and is brought up to date by the next run', async () => {
    await scale(5);
    expect(proposed()).toBe(entryFile('seg', { scaling: '{ min: 5, max: 5 }' }));
    expect(open()[0]?.body).toContain('rises to 5 with it');
    place.push('main', { 'README.md': 'Later' });
    const { outputs, summary } = await scale(1);
    expect(outputs['pull-request']).toBe('1');
    expect(open().map(({ title }) => title)).toEqual(['Scale seg to at least 1 task']);
    expect(proposed()).toBe(entryFile('seg', { scaling: '{ min: 1, max: 2 }' }));
    expect(commits()).toHaveLength(1);
    expect(summary).toContain('was open already and is up to date');
  });

  it('of a catalog in a folder of its repository is changed there', async () => {
    const files = Object.fromEntries(Object.entries(place.catalog(['seg'])).map(([path, text]) => [`medical/${path}`, text]));
    place.push('main', files);
    expect((await scale(2, { inputs: { path: 'medical' } })).code).toBe(0);
    expect(place.git('diff', '--name-only', `main..${BRANCH}`)).toBe(`medical/${entryPath('seg')}`);
  });

  it('that the catalog says already is none', async () => {
    const { code, outputs, summary } = await scale(0);
    expect({ code, outputs }).toEqual({ code: 0, outputs: { 'pull-request': '' } });
    expect(summary).toContain('Nothing is proposed');
    expect(place.github.repository.branches).toEqual(['main']);
  });

  it.each([
    ['catalog', {}, /count is "catalog", which changes nothing for good/],
    ['6; rm -rf /', {}, /"6; rm -rf \/" is no number of tasks/],
    ['3', { algorithm: 'sge\n::set-output name=a::b' }, /the catalog has no algorithm sge\\n::set-output name=a::b; it has other, seg/],
    ['3', { permanent: 'yes' }, /the input permanent is "yes"; it takes false, true/],
  ])('of %j with %j is refused in a sentence', async (count, inputs, words) => {
    const { code, log, annotations } = await scale(count, { inputs });
    expect(code).toBe(1);
    expect(annotations.map(({ message }) => message).join()).toMatch(words);
    expect(log).not.toMatch(/^::set-output|^\s+at /m);
    expect(place.github.requests.filter(({ method }) => method !== 'GET')).toEqual([]);
  });

  it('that would make the entry faulty is refused, as is one behind an anchor', async () => {
    place.push('main', { [entryPath('seg')]: entryFile('seg', { scaling: '{ min: 1, max: 2, cpu_target: 50 }' }) });
    expect((await scale(0)).log).toMatch(/the entry would have faults with that number:.*seg\.yaml:\d+:\d+ error \/scaling\/min/);
    place.push('main', { [entryPath('seg')]: entryFile('seg', { scaling: '{ min: &few 1, max: 2, backlog_per_task: *few }' }) });
    expect((await scale(2)).log).toMatch(/seg\.yaml: scaling\.min cannot be set without touching other parts of the file/);
  });
});

describe('a pull request', () => {
  it('of a commit that is not on the branch all is merged into is none: it would bring that along', async () => {
    place.push('feature', { 'README.md': 'Mine' });
    const { code, log } = await scale(2, { ref: 'feature' });
    expect({ code, log }).toMatchObject({
      code: 1,
      log: expect.stringMatching(/[0-9a-f]{12} is not on main; run this on the branch main/),
    });
    expect(place.github.repository.branches).toEqual(['feature', 'main']);
  });

  it('is opened anew after one that was closed, on the branch that was left', async () => {
    await scale(2);
    place.github.repository.close(1);
    expect((await scale(3)).outputs['pull-request']).toBe('2');
    expect(commits()).toHaveLength(1);
  });

  it('that somebody else opened for the branch keeps its words', async () => {
    await scale(2);
    place.github.repository.close(1);
    place.github.repository.pullRequest({ head: BRANCH, title: 'Mine', login: 'alice' });
    expect((await scale(1)).outputs['pull-request']).toBe('2');
    expect(open()).toMatchObject([{ title: 'Mine', login: 'alice' }]);
    expect(proposed()).toContain('min: 1');
  });

  it('leaves a branch alone that somebody committed to', async () => {
    await scale(2);
    const theirs = place.push(BRANCH, { 'README.md': 'Mine' });
    const { code, log } = await scale(3);
    expect(code).toBe(1);
    expect(log).toMatch(
      /somebody committed to the branch mip\/scale\/seg: merge its pull request, or delete the branch, and run this again/,
    );
    expect(place.github.repository.commit(BRANCH)).toBe(theirs);
  });

  it('needs the repository’s leave; without it nothing stays', async () => {
    place.github.repository.actionsMayOpenPullRequests = false;
    const { code, log, summary } = await scale(2);
    expect(code).toBe(1);
    expect(log).toMatch(/switch on "Allow GitHub Actions to create and approve pull requests" \(Settings, Actions, General/);
    expect(summary).toContain('This step failed');
    expect(place.github.repository.branches).toEqual(['main']);
  });

  it.each([
    ['contents', /POST \/repos\/octo\/catalog\/git\/trees: the token may not do that; add it to `permissions` of the job/],
    ['pull-requests', /GET \/repos\/octo\/catalog\/pulls: the token may not do that/],
  ] as const)('without the right to write %s says so, leaves nothing and tells no secret', async (scope, words) => {
    const rights = { contents: 'write', 'pull-requests': 'write', [scope]: scope === 'contents' ? 'read' : 'none' } as const;
    const token = place.github.token({ permissions: rights });
    const { code, log } = await scale(2, { token });
    expect(code).toBe(1);
    expect(log).toMatch(words);
    expect(log).not.toContain(token);
    expect(place.github.repository.branches).toEqual(['main']);
  });

  const lost = { do: 'cut', when: 'after' } as const;
  it.each<[string, Rule]>([
    ['the answer to a new branch is lost', on('git/create-ref', lost, 1)],
    ['the answer to a new pull request is lost', on('pulls/create', lost, 1)],
    ['the connection is cut', on('git/create-tree', { do: 'cut', when: 'before' }, 1)],
    ['GitHub is out of order', on('pulls/create', BAD_GATEWAY, 1)],
    ['GitHub says when to come again', on('git/create-commit', tooMany(1), 1)],
  ])('is one, also where %s', async (_, rule) => {
    place.github.restart(rule);
    expect((await scale(2)).outputs).toEqual({ 'pull-request': '1' });
    expect(open()).toHaveLength(1);
    expect(commits()).toHaveLength(1);
  });

  it.each(['SIGTERM', 'SIGKILL'] as const)(
    'of a run that was ended by %s before it was open is opened by the next, which keeps the branch',
    async (signal) => {
      const reached = Promise.withResolvers<void>();
      const until = async () => {
        reached.resolve();
        await running.done;
      };
      place.github.restart(on('pulls/create', { do: 'hold', when: 'before', until }, 1));
      const running = place.start('scale', request(2));
      await reached.promise;
      running.kill(signal);
      await running.done;
      const left = place.github.repository.commit(BRANCH);
      place.github.restart();
      expect((await scale(2)).code).toBe(0);
      expect(open()).toHaveLength(1);
      expect(place.github.repository.commit(BRANCH)).toBe(left);
    },
  );
});
