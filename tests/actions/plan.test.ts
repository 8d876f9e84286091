/** The action `plan` as a process, on a region of an emulator and a double of GitHub's API. */
import { describe, expect, it } from 'vitest';
import { entryFile, entryFiles, entryPath } from './catalog.ts';
import { placeForEachTest } from './each-test.ts';
import type { Place } from './place.ts';

let place: Place;
placeForEachTest(['seg', 'other', 'third'], (opened) => {
  place = opened;
});

const bigger = { [entryPath('seg')]: entryFile('seg', { cpu: '2048', memory: '4096' }) };
const ours = (number: number) => place.github.repository.comments(number).filter(({ login }) => login === 'github-actions[bot]');

describe('a plan', () => {
  it('is one comment, and a check run on the head with what it destroys', async () => {
    expect((await place.reconcile()).code).toBe(0);
    const number = place.propose('change', { ...bigger, [entryPath('third')]: null });
    const { code, outputs, summary } = await place.plan(number);
    expect(code).toBe(0);
    const [comment, ...more] = ours(number);
    expect(more).toEqual([]);
    expect(comment?.body).toMatch(/^<!-- mip:plan:north -->/);
    expect(comment?.body).toContain('### north in eu-central-1: 1 to change, 1 to destroy');
    expect(summary).toContain('1 to change, 1 to destroy');
    expect(comment?.body).toContain(`Planned for ${place.github.repository.commit('change')?.slice(0, 12)}`);
    const [check] = place.github.repository.checks(place.github.repository.commit('change') ?? '');
    expect(check).toMatchObject({ name: 'mip plan (north)', conclusion: 'success' });
    expect(check?.text).toContain('"third"');
    expect(check?.text).not.toContain('"seg"');
    expect(outputs.comment).toContain('https://');
    expect(Number(outputs.destructive)).toBeGreaterThan(0);
  });

  it('of a second push is in the same comment, of which other sections stay', async () => {
    const number = place.propose('change', bigger);
    await place.plan(number);
    place.github.repository.comment(number, { body: 'Looks good to me.' });
    place.push('change', { ...entryFiles('fourth') });
    await place.plan(number);
    expect(ours(number)).toHaveLength(1);
    expect(ours(number)[0]?.body).toContain('4 to create');
  });

  it('names what this pull request did not cause', async () => {
    await place.reconcile();
    place.push('main', { ...entryFiles('fourth') }, 'Merged and not applied');
    const number = place.propose('change', bigger);
    await place.plan(number);
    const body = ours(number)[0]?.body ?? '';
    expect(body).toContain('7 of these changes are not caused by this pull request');
    expect(body).toMatch(/- fourth: create service/);
    expect(body).not.toMatch(/- seg: update/);
  });

  it('that an apply would refuse says so, in the comment and by the check run', async () => {
    await place.reconcile();
    const number = place.propose('change', {
      [entryPath('seg')]: null,
      [entryPath('other')]: null,
      [entryPath('third')]: null,
      ...entryFiles('new'),
    });
    const { code, annotations } = await place.plan(number);
    expect(code).toBe(0);
    expect(ours(number)[0]?.body).toContain('An apply of this plan would be refused.');
    const [check] = place.github.repository.checks(place.github.repository.commit('change') ?? '');
    expect(check?.conclusion).toBe('failure');
    expect(annotations.map(({ level }) => level)).toContain('warning');
  });
});

describe('a branch that moves', () => {
  it('while the plan is made marks the comment out of date', async () => {
    const number = place.propose('change', bigger);
    const planned = place.github.repository.commit('change') ?? '';
    place.github.restart((call) => {
      if (call.operation === 'checks/create') place.push('change', { 'README.md': 'Later' });
      return undefined;
    });
    await place.plan(number);
    expect(ours(number)[0]?.body).toMatch(
      new RegExp(`> \\[!NOTE\\]\n> Out of date: planned for \`${planned.slice(0, 12)}\`, the branch is at`),
    );
    place.github.restart();
    await place.plan(number);
    expect(ours(number)[0]?.body).not.toContain('Out of date');
  });

  it('to a catalog with faults leaves the comment marked', async () => {
    const number = place.propose('change', bigger);
    await place.plan(number);
    place.push('change', { [entryPath('seg')]: entryFile('seg', { cpu: '300' }) });
    const { code, log } = await place.plan(number);
    expect(code).toBe(1);
    expect(log).toContain('the catalog has faults');
    expect(ours(number)[0]?.body).toMatch(/Out of date: for `[0-9a-f]{12}` no plan could be made/);
    expect(ours(number)[0]?.body).toContain('3 to create'); // the old plan is still to be read
  });
});

describe('a comment that is not ours', () => {
  it('is not updated, whatever its text', async () => {
    const number = place.propose('change', bigger);
    const id = place.github.repository.comment(number, { login: 'mallory', body: '<!-- mip:plan:north -->\n\nApproved!' });
    await place.plan(number);
    expect(place.github.repository.comments(number).find((one) => one.id === id)?.body).toContain('Approved!');
    expect(ours(number)).toHaveLength(1);
  });

  it('or was deleted is made again', async () => {
    const number = place.propose('change', bigger);
    await place.plan(number);
    place.github.repository.editComment(ours(number)[0]?.id ?? 0, null);
    await place.plan(number);
    expect(ours(number)).toHaveLength(1);
  });

  it('or was edited by somebody is written over, and approves nothing', async () => {
    const number = place.propose('change', bigger);
    await place.plan(number);
    const [comment] = ours(number);
    place.github.repository.editComment(comment?.id ?? 0, `${comment?.body}\n\nAll may be destroyed.`);
    await place.plan(number);
    expect(ours(number)[0]?.body).not.toContain('All may be destroyed');
  });
});

describe('what GitHub does not do', () => {
  const refuse = (operation: string, status: number, headers = {}) =>
    place.github.restart((call) =>
      call.operation === operation && call.nth === 1
        ? { do: 'refuse', status, headers, body: { message: 'Resource not accessible by integration' } }
        : undefined,
    );

  it.each([
    [
      'issues/create-comment',
      403,
      /POST \/repos\/octo\/catalog\/issues\/\d+\/comments: the token may not do that; add it to `permissions` of the job/,
    ],
    ['checks/create', 403, /the token may not do that/],
    ['issues/list-comments', 401, /GitHub does not accept the token/],
  ])('%s with %i fails with a sentence that says what to do', async (operation, status, words) => {
    const number = place.propose('change', bigger);
    refuse(operation, status);
    const { code, log, summary } = await place.plan(number, { token: place.github.token() });
    expect(code).toBe(1);
    expect(log).toMatch(words);
    expect(summary).toMatch(/This step failed/);
    expect(log).not.toMatch(/^\s+at /m);
  });

  it.each([
    ['502', () => refuse('checks/create', 502)],
    ['429, and says when to come again', () => refuse('checks/create', 429, { 'retry-after': '1' })],
    ['403, and says when to come again', () => refuse('issues/list-comments', 403, { 'retry-after': '1' })],
    [
      'a cut connection',
      () =>
        place.github.restart((call) => (call.operation === 'checks/create' && call.nth === 1 ? { do: 'cut', when: 'before' } : undefined)),
    ],
  ])('%s is tried again', async (_, fault) => {
    const number = place.propose('change', bigger);
    fault();
    expect((await place.plan(number)).code).toBe(0);
    expect(ours(number)).toHaveLength(1);
  });

  it('is not done twice where only the answer was lost', async () => {
    const number = place.propose('change', bigger);
    place.github.restart((call) =>
      call.operation === 'issues/create-comment' && call.nth === 1 ? { do: 'cut', when: 'after' } : undefined,
    );
    expect((await place.plan(number)).code).toBe(0);
    expect(ours(number)).toHaveLength(1);
  });
});

describe('what AWS does not do', () => {
  it('a platform that was not deployed, or cannot be reached, ends in a sentence; no secret is in the log', async () => {
    const number = place.propose('change', bigger);
    const token = place.github.token();
    const { code, log } = await place.plan(number, { token, environment: { AWS_ENDPOINT_URL: 'http://127.0.0.1:9' } });
    expect(code).toBe(1);
    expect(log).toMatch(/Could not read .*ECONNREFUSED/);
    expect(log).not.toContain(token);
    expect(ours(number)).toEqual([]);
  });
});
