/** The workflows of this repository, run by act on a place of the tests: with the real actions, bundled, and with the rights that GitHub gives. */
import { openForEachTest } from '../actions/each-test.ts';
import { PLATFORM, Place } from '../actions/place.ts';
import type { TestEmulator } from '../emulator.ts';
import { type EventName, runWorkflow, type WorkflowRun } from './act.ts';
import { checkOut, published } from './checkout.ts';
import { Identity } from './identity.ts';
import { giveRights } from './rights.ts';

/** As `docs/use-in-your-repository.md` says. */
export const VARIABLES = {
  MIP_PLATFORM: PLATFORM,
  AWS_REGION: 'eu-central-1',
  ...Object.fromEntries(['PLAN', 'BUILD', 'APPLY', 'SCALE', 'DEPLOY'].map((role) => [`MIP_${role}_ROLE`, roleOf(role)])),
};

export function roleOf(name: string): string {
  return `arn:aws:iam::000000000000:role/mip-${name.toLowerCase()}`;
}

export interface RunOptions {
  readonly inputs?: Readonly<Record<string, string>>;
  readonly variables?: Readonly<Record<string, string>>;
  readonly environment?: Readonly<Record<string, string>>;
  readonly actor?: string;
  /** A folder whose programs come first. */
  readonly programs?: string;
  /** Breaks the run off. */
  readonly signal?: AbortSignal;
}

export class Runner {
  readonly place: Place;
  readonly identity: Identity;

  private constructor(place: Place, identity: Identity) {
    this.place = place;
    this.identity = identity;
  }

  static async open(emulator: TestEmulator, algorithms: readonly string[]): Promise<Runner> {
    return new Runner(await Place.open(emulator, algorithms), await Identity.open(emulator.connection.endpoint));
  }

  async close(): Promise<void> {
    await this.identity.close();
    await this.place.close();
  }

  /** What runs when somebody opens a pull request, or pushes to its branch. */
  async onPullRequest(number: number, options: RunOptions = {}, workflow = 'catalog-pr'): Promise<WorkflowRun> {
    const payload = { number, ...this.place.pullRequestPayload(number) };
    const { head, base } = payload.pull_request;
    const workspace = await checkOut(this.place, { pullRequest: number });
    return this.#run({ workflow, event: 'pull_request', workspace, payload, fork: head.repo.full_name !== base.repo.full_name }, options);
  }

  /** What runs when somebody reviewed a pull request, or a review was dismissed. */
  async onReview(number: number, options: RunOptions = {}, workflow = 'clinical-approval'): Promise<WorkflowRun> {
    const payload = { number, action: 'submitted', ...this.place.pullRequestPayload(number) };
    const { head, base } = payload.pull_request;
    const workspace = await checkOut(this.place, { pullRequest: number });
    const fork = head.repo.full_name !== base.repo.full_name;
    return this.#run({ workflow, event: 'pull_request_review', workspace, payload, fork }, options);
  }

  /** What runs when something came to `main`. */
  async onPush(options: RunOptions = {}, workflow = 'catalog-apply'): Promise<WorkflowRun> {
    return this.#run(
      { workflow, event: 'push', workspace: await checkOut(this.place, 'main'), payload: { ref: 'refs/heads/main' } },
      options,
    );
  }

  /** What somebody starts by hand. */
  async dispatch(workflow: string, inputs: Readonly<Record<string, string>> = {}, options: RunOptions = {}): Promise<WorkflowRun> {
    const workspace = await checkOut(this.place, 'main');
    return this.#run({ workflow, event: 'workflow_dispatch', workspace, payload: {} }, { ...options, inputs });
  }

  async onSchedule(workflow: string, options: RunOptions = {}): Promise<WorkflowRun> {
    return this.#run({ workflow, event: 'schedule', workspace: await checkOut(this.place, 'main'), payload: {} }, options);
  }

  async #run(started: Started, { variables, environment, ...options }: RunOptions): Promise<WorkflowRun> {
    const { fork = false, payload, ...run } = started;
    const { github, connection } = this.place;
    giveRights(run.workspace, { token: (permissions) => github.token({ permissions }), identityUrl: this.identity.tokenUrl, fork });
    return runWorkflow({
      ...run,
      ...options,
      payload: { ...payload, repository: { full_name: github.repository.fullName, default_branch: 'main' } },
      variables: { ...VARIABLES, ...variables },
      environment: {
        GITHUB_API_URL: github.url,
        MIP_TEST_REMOTE: github.repository.directory,
        MIP_TEST_PUBLISHED: await published(),
        AWS_ENDPOINT_URL: connection.endpoint,
        AWS_ENDPOINT_URL_APPLICATION_AUTO_SCALING: connection.scalingEndpoint,
        AWS_ENDPOINT_URL_STS: this.identity.url,
        AWS_EC2_METADATA_DISABLED: 'true', // without credentials, nobody is asked that may answer on this machine
        ...environment,
      },
    });
  }
}

interface Started {
  readonly workflow: string;
  readonly event: EventName;
  readonly workspace: string;
  readonly payload: object;
  readonly fork?: boolean;
}

/** A runner for each test, in a repository with a catalog of these algorithms. */
export function runnerForEachTest(algorithms: readonly string[], take: (runner: Runner, emulator: TestEmulator) => void): void {
  openForEachTest(
    (emulator) => Runner.open(emulator, algorithms),
    ({ place }) => place.github,
    take,
  );
}
