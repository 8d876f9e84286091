/** The action `drift` as a process: one issue about what differs from Git, opened, kept up to date and closed. */
import { DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { GetQueueUrlCommand, SetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { describe, expect, it } from 'vitest';
import type { TestEmulator } from '../emulator.ts';
import { BAD_GATEWAY, on, type Rule, tooMany } from '../github/rules.ts';
import { placeForEachTest } from './each-test.ts';
import { PLATFORM, type Place, type RunOptions } from './place.ts';

let emulator: TestEmulator;
let place: Place;
placeForEachTest(['seg', 'other'], (opened, its) => {
  place = opened;
  emulator = its;
});

const MARKER = '<!-- mip:drift:north -->';
const BOT = 'github-actions[bot]';
const drift = ({ inputs, ...options }: RunOptions = {}) =>
  place.run('drift', { inputs: { platform: PLATFORM, label: 'mip-drift', ...inputs }, ...options });
const issues = () => place.github.repository.issues;
const comments = (number: number) => place.github.repository.comments(number).map(({ body }) => body.split('\n').slice(1).join('\n'));
const calls = (operation: string) => place.github.requests.filter((call) => call.operation === operation).length;

/** Somebody does it by hand, past MIP. */
async function setVisibility(algorithm: string, seconds: number): Promise<void> {
  const sqs = new SQSClient(emulator.connection);
  const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: place.names.requestQueue(algorithm) }));
  await sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { VisibilityTimeout: String(seconds) } }));
}

async function describeRow(algorithm: string, description: string): Promise<void> {
  const TableName = place.names.table('algorithms');
  const [Key, values] = [{ algorithm_name: { S: algorithm } }, { ':text': { S: description } }];
  const change = { UpdateExpression: 'SET entry.description = :text', ExpressionAttributeValues: values };
  await new DynamoDBClient(emulator.connection).send(new UpdateItemCommand({ TableName, Key, ...change }));
}

describe('drift', () => {
  it('opens one issue, which follows it, says when it is another, and is closed when nothing differs', { timeout: 120_000 }, async () => {
    expect((await place.reconcile()).code).toBe(0);
    const none = await drift();
    expect({ code: none.code, outputs: none.outputs }).toEqual({ code: 0, outputs: { drifted: 'false', issue: '' } });
    expect(none.summary).toContain('## ✅ north is as in Git');
    expect(issues()).toEqual([]);

    await setVisibility('seg', 77);
    const found = await drift();
    expect({ code: found.code, outputs: found.outputs }).toEqual({ code: 0, outputs: { drifted: 'true', issue: '1' } });
    const [issue] = issues();
    expect(issue).toMatchObject({ title: 'Drift on north: 1 algorithm differs from Git', labels: ['mip-drift'], login: BOT });
    expect(issue?.body?.startsWith(`${MARKER}\n`)).toBe(true);
    expect(issue?.body).toMatch(/request-queue.*<code>77<\/code>/);
    expect(issue?.body).toContain('mip drift --heal --platform north');
    expect(issue?.body).toContain('https://github.com/octo/catalog/actions/runs/4711');
    expect(found.summary).toContain('## ⚠️ Drift on north: 1 algorithm differs from Git');
    expect(place.github.repository.labels).toMatchObject([{ name: 'mip-drift', description: 'What runs is not what Git says' }]);

    place.github.restart();
    expect((await drift()).outputs.issue).toBe('1');
    expect([calls('issues/update'), calls('issues/create-comment')]).toEqual([0, 0]);

    await describeRow('other', '](http://evil.example) @octo/all <img src=x> #1 `\n\n::set-output name=a::b');
    const more = await drift();
    expect(issues()[0]).toMatchObject({ title: 'Drift on north: 2 algorithms differ from Git', number: 1 });
    expect(issues()[0]?.body).not.toMatch(/\]\(http:\/\/evil|@octo\/all|<img/);
    expect(more.log).not.toMatch(/^::set-output/m);
    expect(comments(1)).toEqual([
      expect.stringMatching(/^The drift is another by now: 2 algorithms differ\. Seen at commit <code>[0-9a-f]{12}/),
    ]);

    await setVisibility('seg', 900);
    await describeRow('other', 'Finds soft tissue.');
    const healed = await drift();
    expect({ code: healed.code, outputs: healed.outputs }).toEqual({ code: 0, outputs: { drifted: 'false', issue: '' } });
    expect(comments(1).slice(1)).toEqual([expect.stringMatching(/^All is as in Git again\. Seen at commit/)]);
    expect(issues()).toMatchObject([{ number: 1, state: 'closed', reason: 'completed' }]);
  });

  it('finds its own issue, and nobody else’s: neither by a marker, nor one that was closed, nor a pull request', async () => {
    const { repository } = place.github;
    repository.issue({ title: 'Drift', body: `${MARKER}\n\nMine`, login: 'mallory' });
    repository.close(repository.issue({ title: 'Drift of before', body: `${MARKER}\n\nOld`, login: BOT }));
    repository.push('change', { 'README.md': 'Change' });
    repository.pullRequest({ head: 'change', login: BOT, body: MARKER });
    repository.issue({ title: 'Drift of another platform', body: '<!-- mip:drift:north-2 -->', login: BOT });
    expect((await drift()).outputs.issue).toBe('5');
    expect(issues().map(({ title, state }) => [title, state])).toEqual([
      ['Drift', 'open'],
      ['Drift of before', 'closed'],
      ['Drift of another platform', 'open'],
      ['Drift on north: 2 algorithms differ from Git', 'open'],
    ]);
  });

  it('writes over what somebody edited, leaves the labels as they are, and opens another where somebody closed it', async () => {
    const { repository } = place.github;
    for (let count = 0; count < 101; count += 1) repository.issue({ title: `Older ${count}`, login: BOT });
    const number = repository.issue({ title: 'My title', body: `${MARKER}\r\n\r\nAll is well.`, login: BOT, labels: ['mine'] });
    expect((await drift()).outputs.issue).toBe(String(number));
    expect(issues().at(-1)).toMatchObject({ title: 'Drift on north: 2 algorithms differ from Git', labels: ['mine'] });
    expect(issues().at(-1)?.body).not.toContain('All is well');
    repository.close(number);
    expect((await drift()).outputs.issue).toBe(String(number + 1));
  });
});

describe('what GitHub does not do', () => {
  it('is no reason to believe it: an issue of somebody else is not taken for ours where its filter lets that through', async () => {
    const theirs = [{ number: 9, title: 'Drift', body: MARKER, user: { login: 'mallory' } }];
    place.github.restart(on('issues/list-for-repo', { do: 'refuse', status: 200, body: theirs }));
    expect((await drift()).outputs).toEqual({ drifted: 'true', issue: '1' });
  });

  const lost = { do: 'cut', when: 'after' } as const;
  it.each<[string, Rule]>([
    ['loses the answer to a new issue', on('issues/create', lost, 1)],
    ['loses the answer to a new label', on('issues/create-label', lost, 1)],
    ['is out of order', on('issues/create', BAD_GATEWAY, 1)],
    ['says when to come again', on('issues/list-for-repo', tooMany(1), 1)],
  ])('leaves one issue where it %s', async (_, rule) => {
    place.github.restart(rule);
    expect((await drift()).outputs).toEqual({ drifted: 'true', issue: '1' });
    expect(issues()).toHaveLength(1);
  });

  it('leaves one comment where its answer is lost, or the run is killed right after', async () => {
    const number = place.github.repository.issue({ title: 'Drift', body: MARKER, login: BOT });
    const reached = Promise.withResolvers<void>();
    const until = async () => {
      reached.resolve();
      await running.done;
      throw new Error('the call never came through');
    };
    place.github.restart(on('issues/create-comment', lost, 1), on('issues/update', { do: 'hold', when: 'before', until }, 1));
    const running = place.start('drift', { inputs: { platform: PLATFORM, label: 'mip-drift' } });
    await reached.promise;
    running.kill('SIGKILL');
    await running.done;
    place.github.restart();
    expect((await drift()).code).toBe(0);
    expect(comments(number)).toEqual([expect.stringContaining('The drift is another by now')]);
    expect(issues()[0]?.title).toBe('Drift on north: 2 algorithms differ from Git');
  });

  it('for want of rights is told, after what was found', async () => {
    const token = place.github.token({ permissions: { issues: 'read' } });
    const { code, log, outputs, summary } = await drift({ token });
    expect({ code, outputs }).toEqual({ code: 1, outputs: { drifted: 'true' } });
    expect(log).toMatch(/POST \/repos\/octo\/catalog\/labels: the token may not do that; add it to `permissions` of the job/);
    expect(log).not.toContain(token);
    expect(summary).toMatch(/Drift on north[\s\S]*This step failed/);
  });
});

it('a platform that cannot be looked at is no drift: the step is red, and the issue stays as it is', async () => {
  const number = place.github.repository.issue({ title: 'Drift', body: `${MARKER}\n\nOld`, login: BOT });
  const { code, log, outputs } = await drift({ environment: { AWS_ENDPOINT_URL: 'http://127.0.0.1:9' } });
  expect({ code, outputs }).toEqual({ code: 1, outputs: {} });
  expect(log).toMatch(/Could not read .*ECONNREFUSED/);
  expect(issues()).toMatchObject([{ number, title: 'Drift', state: 'open' }]);
});
