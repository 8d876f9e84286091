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
import { makeClient, type SigningClient } from './client.ts';
import { type Engine, engineVariables } from './container-engine.ts';
import { deployPlatform } from './deploy.ts';
import { type EcsFront, startEcsFront } from './ecs-front.ts';
import { checkFolder, type Emulator, startEmulator } from './emulator.ts';
import {
  connectionEnvironment,
  type EmulatorConnection,
  emulatorConnection,
  type FrontedConnection,
  writeEnvironment,
} from './environment.ts';
import { type FirstImage, firstImages } from './first-images.ts';
import { checkPort, type Front, startFront } from './front.ts';
import { untilHealthy } from './health.ts';
import { localPlatform } from './local-platform.ts';
import { packImageStore, pushImageStore } from './pack-image-store.ts';
import { type ScalingServer, startScaling } from './scaling.ts';
import { startScalingLoop } from './scaling-loop.ts';
import { UsageMeter } from './usage.ts';

/** What `mip up` was asked for. `root` is the repository, `home` holds all state, `port` is the front's. */
export interface UpOptions {
  readonly root: string;
  readonly home: string;
  readonly port: number;
  readonly platform: Platform;
  readonly algorithms: readonly Algorithm[];
  /** Runs the real images by a container engine; without it what is packed here runs as processes. */
  readonly engine?: Engine | undefined;
  /** Plans and applies the catalog through this connection; returns what it did as one line. */
  readonly reconcile: (connection: FrontedConnection, note: Note) => Promise<string>;
}

/** Reports something on the way, as one line for people. */
export type Note = (line: string) => void;

/** An emulator that holds whole images saves hundreds of megabytes when it stops, and reads them when it starts. */
const WITH_IMAGES = { grace: 180_000, patience: 180_000 };

/** One stage: a title for people, and what it did as one line. */
export interface Stage {
  readonly title: string;
  run(note: Note): Promise<string>;
}

/** The local cloud as it comes up. Stages run in order, each needs the ones before; `stop` may be called at any moment. */
export class LocalCloud {
  readonly #options: UpOptions;
  /** Images of both kinds have the same tags and the same hashes, so each kind has a state of its own. */
  readonly #home: string;
  readonly #names: PhysicalNames;
  readonly #region: string;
  #emulator: Emulator | undefined;
  #facts!: Facts;
  #client!: SigningClient;
  #agent: Agent | undefined;
  #ecsFront: EcsFront | undefined;
  #scaling: ScalingServer | undefined;
  #scalingLoop: { stop(): Promise<void> } | undefined;
  #variables: Readonly<Record<string, string>> = {};
  #front: Front | undefined;
  readonly #stopping = new AbortController();
  readonly #broken = Promise.withResolvers<never>();
  /** The images that went through, for the report. */
  images: readonly FirstImage[] = [];

  constructor(options: UpOptions) {
    this.#options = options;
    this.#home = options.engine ? join(options.home, 'containers') : options.home;
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
    return {
      API: this.#url,
      docs: `${this.#url}/docs`,
      DICOMweb: this.#dicomwebUrl,
      AWS: endpoint,
      environment: join(this.#options.home, 'env'),
    };
  }

  stages(): readonly Stage[] {
    return [
      { title: this.#options.engine ? 'Prepare' : 'Build the C/OpenMP code', run: () => this.#build() },
      { title: 'Start the AWS emulator', run: (note) => this.#startEmulator(note) },
      { title: 'Deploy the platform (CDK)', run: (note) => this.#deploy(note) },
      { title: 'Open the front door', run: () => this.#open() },
      { title: 'Start the image store and the agent of the workers', run: (note) => this.#startAgent(note) },
      { title: 'Reconcile the catalog', run: (note) => this.#options.reconcile(this.#fronted, note) },
      { title: 'Process the first images', run: () => this.#process() },
    ];
  }

  /** Stops what runs, last first; each part has its own grace and then ends by force. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#scalingLoop?.stop();
    await this.#ecsFront?.stop();
    await this.#agent?.stop();
    await this.#front?.stop();
    await this.#scaling?.stop();
    await this.#emulator?.stop();
  }

  async #build(): Promise<string> {
    await checkFolder(this.#home); // first: that one has the port as well, and it is the better reason
    await checkPort(this.#options.port);
    await mkdir(this.#home, { recursive: true, mode: 0o700 });
    const { engine } = this.#options;
    if (engine) return `${engine.name} builds the images of the algorithms and runs them; the image store stays a process`;
    for (const algorithm of this.#options.algorithms) await buildNative(this.#options.root, algorithm);
    return `${this.#options.algorithms.length} algorithms`;
  }

  async #startEmulator(note: Note): Promise<string> {
    const home = this.#home;
    const { root } = this.#options;
    this.#emulator = await startEmulator({ root, home, log: note, ...(this.#options.engine && WITH_IMAGES) });
    void this.#emulator.exited.then(({ expected }) => expected || this.#broken.reject(new Error(emulatorGone(home))));
    this.#scaling = await startScaling({ home, connection: this.#connection });
    return this.#emulator.endpoint;
  }

  async #deploy(note: Note): Promise<string> {
    const home = this.#home;
    const { root } = this.#options;
    const { endpoint } = this.#connection;
    const imageStore = await packImageStore(root);
    const packed = { repository: this.#names.imageStore, digest: imageStore.digest };
    const platform = localPlatform(this.#options.platform, { imageStore: packed, url: this.#url, endpoint });
    const deployed = await deployPlatform({ root, home, endpoint, platform, log: note, signal: this.#stopping.signal });
    await pushImageStore(imageStore, { endpoint, repository: this.#names.imageStore }); // its repository is of the platform
    this.#facts = deployed.facts;
    const types = [...new Set(deployed.removed.map((resource) => resource.split(' ')[0]))];
    const what = deployed.skipped ? 'unchanged since the last start' : `stack ${this.#names.stack}`;
    return `${what}; the local aspect removed: ${types.join(', ') || 'nothing'}`;
  }

  async #open(): Promise<string> {
    const home = this.#home;
    const { port } = this.#options;
    const { websocket_api_id: websocket, websocket_stage: stage = '' } = this.#facts;
    this.#front = await startFront({
      port,
      endpoint: this.#connection.endpoint,
      apiId: this.#facts.api_id,
      ...(websocket !== undefined && { websocket: { apiId: websocket, stage } }),
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
      MIP_CALLBACK_SECRET: this.#client.callbackSecret,
      MIP_ADMIN_KEY: adminKey,
      ...connectionEnvironment(this.#connection),
      ...engineVariables(this.#options.engine),
    };
    await writeEnvironment(this.#options.home, this.#variables);
    return this.#url;
  }

  async #startAgent(note: Note): Promise<string> {
    const home = this.#home;
    const { root, engine } = this.#options;
    const { cluster } = this.#names;
    const replaced = { MIP_IMAGE_STORE_URL: this.#dicomwebUrl };
    this.#agent = await startAgent({
      ...{ root, home, connection: this.#connection, cluster, engine, replaced, log: note },
      packed: [this.#names.imageStore],
    });
    this.#ecsFront = await startEcsFront({ endpoint: this.#connection.endpoint, running: this.#agent });
    this.#scalingLoop = this.#startScalingLoop(this.#agent, note);
    await writeEnvironment(this.#options.home, { ...this.#variables, AWS_ENDPOINT_URL_ECS: this.#ecsFront.url });
    await untilHealthy(this.#dicomwebUrl, join(home, 'logs', this.#names.imageStore), this.#stopping.signal);
    return `a ${engine ? `container of ${engine.name}` : 'process'} for every task, logs in ${relative(root, join(home, 'logs'))}`;
  }

  #startScalingLoop(agent: Agent, log: Note): { stop(): Promise<void> } {
    if (!this.#scaling) throw new Error('nothing serves Application Auto Scaling');
    const usage = new UsageMeter(() => agent.sizes());
    return startScalingLoop({
      connection: this.#connection,
      names: this.#names,
      scaling: this.#scaling,
      running: (service) => agent.inGroup(`service:${service}`),
      usage: (service) => usage.of(service),
      log,
    });
  }

  async #process(): Promise<string> {
    const home = this.#home;
    const { root, algorithms } = this.#options;
    const { key } = this.#client;
    const store = new StowClient({ url: this.#dicomwebUrl, key });
    this.images = await firstImages({ root, home, algorithms, store, api: { url: this.#url, key } });
    const wrong = this.images.filter((image) => !image.equal);
    if (wrong.length) throw new Error(wrong.map((image) => `${image.algorithm}: ${image.problem}`).join('\n'));
    return `${this.images.length} results, pixel for pixel equal to the reference`;
  }

  get #dicomwebUrl(): string {
    return `${this.#url}/dicomweb`;
  }

  get #url(): string {
    return `http://127.0.0.1:${this.#options.port}`;
  }

  get #fronted(): FrontedConnection {
    if (!this.#ecsFront) throw new Error('the agent is not running');
    return { ...this.#connection, ecsEndpoint: this.#ecsFront.url };
  }

  get #connection(): EmulatorConnection {
    if (!this.#emulator) throw new Error('the emulator is not running');
    const scalingEndpoint = this.#scaling?.url;
    return { ...emulatorConnection(this.#emulator.endpoint, this.#region), ...(scalingEndpoint && { scalingEndpoint }) };
  }
}

function emulatorGone(home: string): string {
  return `The AWS emulator has ended, though nobody stopped it; its log is ${join(home, 'emulator.log')}. Start again: what it had not saved is rebuilt from Git.`;
}
