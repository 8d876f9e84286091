/** Where actions work in a test: a region on an emulator, a double of GitHub's API with the repository, and checkouts of it. */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeleteItemCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { deployPlace } from '@mip/reconcile/testing/emulated';
import { FACTS } from '@mip/reconcile/testing/fixtures';
import { physicalNames } from '@mip/registry/names';
import { openEmulator, type TestEmulator } from '../emulator.ts';
import { GitHubDouble } from '../github/double.ts';
import { catalogFiles, type Files } from './catalog.ts';
import { type ActionOptions, type ActionResult, type RunningAction, startAction } from './run.ts';

export const PLATFORM = 'north';
const ACCOUNT = '000000000000';

const NOWHERE = 'http://127.0.0.1:9';
const NOBODY = { accessKeyId: 'test', secretAccessKey: 'test' };

type Inputs = ActionOptions['inputs'];

export interface RunOptions {
  readonly inputs?: Inputs;
  /** A branch, a tag or a commit, checked out as the workspace. */
  readonly ref?: string;
  /** So many commits are fetched; by default all. */
  readonly depth?: number;
  readonly event?: ActionOptions['event'];
  readonly actor?: string;
  readonly token?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

export class Place {
  readonly github: GitHubDouble;
  readonly emulator: TestEmulator | undefined;
  /** Begins every physical name; the catalog's id as well. */
  readonly prefix = `a${randomBytes(4).toString('hex')}`;
  readonly names = physicalNames({ prefix: this.prefix, account: ACCOUNT, region: 'eu-central-1', platform: PLATFORM });
  readonly #checkouts: string[] = [];

  private constructor(github: GitHubDouble, emulator?: TestEmulator) {
    this.github = github;
    this.emulator = emulator;
  }

  /** With a catalog of these algorithms on the branch `main`. */
  static async open(emulator: TestEmulator, algorithms: readonly string[]): Promise<Place> {
    const place = new Place(await GitHubDouble.open(), emulator);
    await deployPlace(emulator.connection, place.prefix);
    const Value = JSON.stringify({ ...FACTS, cluster: place.names.cluster });
    await new SSMClient(emulator.connection).send(
      new PutParameterCommand({ Name: place.names.platformFacts, Type: 'String', Value, Overwrite: true }),
    );
    place.push('main', place.catalog(algorithms), 'Begin');
    return place;
  }

  /** Where nothing is in reach but the repository. */
  static async withoutCloud(algorithms: readonly string[]): Promise<Place> {
    const place = new Place(await GitHubDouble.open());
    place.push('main', place.catalog(algorithms), 'Begin');
    return place;
  }

  static emulator(): Promise<TestEmulator> {
    return openEmulator();
  }

  /** The files of a catalog of these algorithms on this platform. */
  catalog(algorithms: readonly string[]): Files {
    return catalogFiles(algorithms, { prefix: this.prefix, catalogId: this.prefix });
  }

  push(branch: string, files: Files, message = 'Change'): string {
    return this.github.repository.push(branch, files, { message });
  }

  /** A pull request with these files. @returns its number. */
  propose(branch: string, files: Files): number {
    this.push(branch, files);
    return this.github.repository.pullRequest({ head: branch });
  }

  async plan(number: number, options: RunOptions = {}): Promise<ActionResult> {
    const payload = this.pullRequestPayload(number);
    const { head, base } = payload.pull_request;
    return this.run('plan', {
      ref: head.sha,
      event: { name: 'pull_request', payload },
      ...options,
      inputs: { platform: PLATFORM, 'pull-request': number, base: base.sha, offline: 'auto', ...options.inputs },
    });
  }

  async reconcile(options: RunOptions = {}): Promise<ActionResult> {
    return this.run('reconcile', { ...options, inputs: { platform: PLATFORM, ...options.inputs } });
  }

  async run(action: string, options: RunOptions = {}): Promise<ActionResult> {
    return this.start(action, options).done;
  }

  start(action: string, { inputs = {}, ref = 'main', depth, event, actor, token, environment }: RunOptions): RunningAction {
    const workspace = this.checkOut(ref, depth);
    const { endpoint, scalingEndpoint, region } = this.connection;
    return startAction(action, {
      inputs: { path: '.', 'github-token': token ?? this.github.token(), ...inputs },
      event: event ?? { name: 'push', payload: {} },
      sha: this.github.repository.commit(ref) ?? '',
      ...(actor !== undefined && { actor }),
      apiUrl: this.github.url,
      workspace,
      environment: {
        AWS_ENDPOINT_URL: endpoint,
        AWS_ENDPOINT_URL_APPLICATION_AUTO_SCALING: scalingEndpoint,
        AWS_REGION: region,
        AWS_ACCESS_KEY_ID: 'test',
        AWS_SECRET_ACCESS_KEY: 'test',
        ...environment,
      },
    });
  }

  /** As if the time of a run that was killed had passed. */
  async endLease(): Promise<void> {
    const Key = { lease: { S: 'reconcile' } };
    await new DynamoDBClient(this.connection).send(new DeleteItemCommand({ TableName: this.names.table('leases'), Key }));
  }

  /** What an SDK client is made with; nothing answers there without a cloud. */
  get connection(): TestEmulator['connection'] {
    return this.emulator?.connection ?? { endpoint: NOWHERE, scalingEndpoint: NOWHERE, region: 'eu-central-1', credentials: NOBODY };
  }

  /** A clone, at a branch, a tag or a commit. */
  checkOut(ref: string, depth?: number): string {
    const folder = mkdtempSync(join(tmpdir(), 'mip-checkout-'));
    this.#checkouts.push(folder);
    const some = depth === undefined ? [] : [`--depth=${depth}`];
    execFileSync('git', ['clone', '--quiet', ...some, `file://${this.github.repository.directory}`, folder]);
    execFileSync('git', ['checkout', '--quiet', '--detach', this.github.repository.commit(ref) ?? ref], { cwd: folder });
    return folder;
  }

  /** Git's answer about the repository that GitHub has. */
  git(...args: string[]): string {
    return execFileSync('git', args, { cwd: this.github.repository.directory, encoding: 'utf8' }).trim();
  }

  /** What GitHub says of a pull request's event, as far as somebody reads it. */
  pullRequestPayload(number: number) {
    const { repository } = this.github;
    const found = repository.pullRequests.find((one) => one.number === number);
    if (!found) throw new Error(`#${number} is no pull request`);
    const { head } = found;
    const own = head.repository === repository.fullName;
    const sha = (own ? repository.commit(head.ref) : undefined) ?? head.sha;
    return {
      pull_request: {
        number,
        head: { ref: head.ref, sha, repo: { full_name: head.repository } },
        base: { ref: 'main', sha: repository.commit('main') ?? '', repo: { full_name: repository.fullName } },
      },
    };
  }

  async close(): Promise<void> {
    for (const folder of this.#checkouts) rmSync(folder, { recursive: true, force: true });
    await this.github.close();
  }
}
