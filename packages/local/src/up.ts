/**
 * READ FIRST: the local cloud, stage by stage. The same platform app, the same reconcile and the same router as in AWS;
 * what differs is the emulator beneath and the agent, which turns ECS tasks into processes.
 */
import { mkdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import type { Algorithm, Platform } from '@mip/catalog';
import { StowClient } from '@mip/image-store';
import type { Facts } from '@mip/reconcile';
import { type PhysicalNames, physicalNames } from '@mip/registry';
import { type Agent, startAgent } from './agent.ts';
import { buildNative } from './build.ts';
import { type LocalClient, makeClient } from './client.ts';
import { deployPlatform } from './deploy.ts';
import { type EcsFront, startEcsFront } from './ecs-front.ts';
import { type Emulator, startEmulator } from './emulator.ts';
import { connectionEnvironment, type EmulatorConnection, emulatorConnection, writeEnvironment } from './environment.ts';
import { type FirstImage, firstImages } from './first-images.ts';
import { checkPort, type Front, startFront } from './front.ts';
import { untilHealthy } from './health.ts';
import { packImageStore, pushImageStore } from './pack-image-store.ts';

/** What `mip up` was asked for. `root` is the repository, `home` holds all state, `port` is the front's. */
export interface UpOptions {
  readonly root: string;
  readonly home: string;
  readonly port: number;
  readonly platform: Platform;
  readonly algorithms: readonly Algorithm[];
  /** Plans and applies the catalog through this connection; returns what it did as one line. */
  readonly reconcile: (connection: EmulatorConnection, note: Note) => Promise<string>;
}

/** Reports something on the way, as one line for people. */
export type Note = (line: string) => void;

/** One stage: a title for people, and what it did as one line. */
export interface Stage {
  readonly title: string;
  run(note: Note): Promise<string>;
}

/** The local cloud as it comes up. Stages run in order, each needs the ones before; `stop` may be called at any moment. */
export class LocalCloud {
  readonly #options: UpOptions;
  readonly #names: PhysicalNames;
  readonly #region: string;
  #emulator: Emulator | undefined;
  #facts!: Facts;
  #client!: LocalClient;
  #agent: Agent | undefined;
  #ecsFront: EcsFront | undefined;
  #variables: Readonly<Record<string, string>> = {};
  #front: Front | undefined;
  readonly #stopping = new AbortController();
  readonly #broken = Promise.withResolvers<never>();
  /** The images that went through, for the report. */
  images: readonly FirstImage[] = [];

  constructor(options: UpOptions) {
    this.#options = options;
    const { prefix, account, regions, name } = options.platform;
    this.#region = regions[0];
    this.#names = physicalNames({ prefix, account, region: this.#region, platform: name });
    this.#broken.promise.catch(() => undefined); // who waits for it hears of it
  }

  /** Rejects with a sentence when the emulator ends though nobody stopped it; never resolves. */
  get broken(): Promise<never> {
    return this.#broken.promise;
  }

  /** The addresses that exist, by what they are for. */
  get addresses(): Readonly<Record<string, string>> {
    const { endpoint } = this.#connection;
    return { API: this.#url, DICOMweb: this.#dicomwebUrl, AWS: endpoint, environment: join(this.#options.home, 'env') };
  }

  stages(): readonly Stage[] {
    return [
      { title: 'Build the C/OpenMP code', run: () => this.#build() },
      { title: 'Start the AWS emulator', run: (note) => this.#startEmulator(note) },
      { title: 'Deploy the platform (CDK)', run: (note) => this.#deploy(note) },
      { title: 'Open the front door', run: () => this.#open() },
      { title: 'Reconcile the catalog', run: (note) => this.#options.reconcile(this.#connection, note) },
      { title: 'Start the image store and the workers', run: (note) => this.#startAgent(note) },
      { title: 'Process the first images', run: () => this.#process() },
    ];
  }

  /** Stops what runs, last first; each part has its own grace and then ends by force. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#ecsFront?.stop();
    await this.#agent?.stop();
    await this.#front?.stop();
    await this.#emulator?.stop();
  }

  async #build(): Promise<string> {
    await checkPort(this.#options.port);
    await mkdir(this.#options.home, { recursive: true, mode: 0o700 });
    for (const algorithm of this.#options.algorithms) await buildNative(this.#options.root, algorithm);
    return `${this.#options.algorithms.length} algorithms`;
  }

  async #startEmulator(note: Note): Promise<string> {
    const { root, home } = this.#options;
    this.#emulator = await startEmulator({ root, home, log: note });
    void this.#emulator.exited.then(({ expected }) => expected || this.#broken.reject(new Error(emulatorGone(home))));
    return this.#emulator.endpoint;
  }

  async #deploy(note: Note): Promise<string> {
    const { root, home } = this.#options;
    const { endpoint } = this.#connection;
    const imageStore = await packImageStore(root);
    const platform = this.#withImageStore(imageStore.digest);
    const deployed = await deployPlatform({ root, home, endpoint, platform, log: note, signal: this.#stopping.signal });
    await pushImageStore(imageStore, { endpoint, repository: this.#names.imageStore }); // its repository is of the platform
    this.#facts = deployed.facts;
    const types = [...new Set(deployed.removed.map((resource) => resource.split(' ')[0]))];
    const what = deployed.skipped ? 'unchanged since the last start' : `stack ${this.#names.stack}`;
    return `${what}; the local aspect removed: ${types.join(', ') || 'nothing'}`;
  }

  async #open(): Promise<string> {
    const { home, port } = this.#options;
    this.#front = await startFront({
      port,
      endpoint: this.#connection.endpoint,
      apiId: this.#facts.api_id,
      imageStore: () => this.#agent?.ports(this.#names.imageStore)[0],
    });
    this.#client = await makeClient(home, this.#connection, this.#names);
    const parameter = new GetParameterCommand({ Name: this.#names.adminKey, WithDecryption: true });
    const adminKey = (await new SSMClient(this.#connection).send(parameter)).Parameter?.Value ?? '';
    this.#variables = {
      MIP_API_URL: this.#url,
      MIP_DICOMWEB_URL: this.#dicomwebUrl,
      MIP_CLIENT_ID: this.#client.clientId,
      MIP_API_KEY: this.#client.key,
      MIP_ADMIN_KEY: adminKey,
      ...connectionEnvironment(this.#connection),
    };
    await writeEnvironment(home, this.#variables);
    return this.#url;
  }

  async #startAgent(note: Note): Promise<string> {
    const { root, home } = this.#options;
    const { cluster } = this.#names;
    const replaced = { MIP_IMAGE_STORE_URL: this.#dicomwebUrl };
    this.#agent = await startAgent({ root, home, connection: this.#connection, cluster, replaced, log: note });
    this.#ecsFront = await startEcsFront({ endpoint: this.#connection.endpoint, running: this.#agent });
    await writeEnvironment(home, { ...this.#variables, AWS_ENDPOINT_URL_ECS: this.#ecsFront.url });
    await untilHealthy(this.#dicomwebUrl, join(home, 'logs', this.#names.imageStore), this.#stopping.signal);
    return `a process for every task, logs in ${relative(root, join(home, 'logs'))}`;
  }

  async #process(): Promise<string> {
    const { root, home, algorithms } = this.#options;
    const { key } = this.#client;
    const store = new StowClient({ url: this.#dicomwebUrl, key });
    this.images = await firstImages({ root, home, algorithms, store, api: { url: this.#url, key } });
    const wrong = this.images.filter((image) => !image.equal);
    if (wrong.length) throw new Error(wrong.map((image) => `${image.algorithm}: ${image.problem}`).join('\n'));
    return `${this.images.length} results, pixel for pixel equal to the reference`;
  }

  /** The platform as it is deployed here: with the image that was packed from this repository. */
  #withImageStore(digest: string): Platform {
    const { platform } = this.#options;
    const registry = `${platform.account}.dkr.ecr.${this.#region}.amazonaws.com`;
    return { ...platform, image_store: { ...platform.image_store, image_uri: `${registry}/${this.#names.imageStore}@${digest}` } };
  }

  get #dicomwebUrl(): string {
    return `${this.#url}/dicomweb`;
  }

  get #url(): string {
    return `http://127.0.0.1:${this.#options.port}`;
  }

  get #connection(): EmulatorConnection {
    if (!this.#emulator) throw new Error('the emulator is not running');
    return emulatorConnection(this.#emulator.endpoint, this.#region);
  }
}

function emulatorGone(home: string): string {
  return `The AWS emulator has ended, though nobody stopped it; its log is ${join(home, 'emulator.log')}. Start again: what it had not saved is rebuilt from Git.`;
}
