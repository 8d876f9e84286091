/** The platform as CloudFormation sees it, for the tests: made-up Lambdas, so that nothing but the infrastructure is under test. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Template } from 'aws-cdk-lib/assertions';
import { type PlatformApp, platformApp } from '../lib/app.ts';
import type { Removed } from '../lib/local-aspect.ts';
import type { Platform } from '../lib/platform.ts';

/** A platform in AWS; its names and numbers differ from the defaults, so that a constant in the code would show. */
export const PLATFORM: Platform = {
  name: 'north',
  catalog_id: 'mip',
  prefix: 'rad',
  account: '123456789012',
  regions: ['eu-north-1'],
  network: { cidr: '10.7.0.0/16', availability_zones: 3, nat_gateways: 1 },
  limits: {
    max_request_bytes: 1000,
    max_image_bytes: 5_000_000,
    client_requests_per_minute: 77,
    client_open_jobs: 0,
    registry_cache_seconds: 5,
  },
  defaults: { log_retention_days: 90 },
};

/** The same with an image store, and the PACS of a hospital. */
export const WITH_IMAGE_STORE: Platform = {
  ...PLATFORM,
  image_store: {
    image_uri: `123456789012.dkr.ecr.eu-north-1.amazonaws.com/rad-dicomweb@sha256:${'ab'.repeat(32)}`,
    cpu: 2048,
    memory: 4096,
    tasks: 3,
  },
  pacs: [
    { name: 'hospital', url: 'https://pacs.example/dicom-web', credentials: true },
    { name: 'archive', url: 'https://10.1.2.3:8443/rs' },
  ],
  default_pacs: 'hospital',
  catalog: { repository: 'octo/catalog' },
  images: { allowed_registries: ['210987654321.dkr.ecr.us-east-1.amazonaws.com/shared', 'ghcr.io'] },
};

/** The same for the local cloud, where there is no NAT. */
export const LOCAL: Platform = { ...PLATFORM, network: { ...PLATFORM.network, nat_gateways: 0 } };

export interface Resource {
  readonly Type: string;
  // biome-ignore lint/suspicious/noExplicitAny: a template is JSON of any shape
  readonly Properties: any;
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
}

export interface Synthesised {
  readonly template: Template;
  /** The whole template as text. */
  readonly text: string;
  readonly removed: readonly Removed[];
  /** Logical id → resource, of one type or all. */
  resources(type?: string): readonly (Resource & { readonly id: string })[];
}

/** The stack of the home region. */
export function synthesise(platform: Platform, emulated: boolean): Synthesised {
  const [home] = synthesiseAll(platform, emulated);
  if (home === undefined) throw new Error('no stack');
  return home;
}

/** The stacks of all regions, in the order of the platform file. */
export function synthesiseAll(platform: Platform, emulated: boolean): readonly Synthesised[] {
  const { stacks, removed } = synthesisedApp(platform, emulated);
  return stacks.map((stack) => describe(Template.fromStack(stack), removed()));
}

/** The stack of what the account has once, if there is one. */
export function synthesiseDelivery(platform: Platform, emulated: boolean): Synthesised | undefined {
  const { delivery, removed } = synthesisedApp(platform, emulated);
  return delivery && describe(Template.fromStack(delivery), removed());
}

/** The constructs behind the templates. */
export function synthesisedApp(platform: Platform, emulated: boolean): PlatformApp {
  const folder = mkdtempSync(join(tmpdir(), 'mip-synthesised-'));
  const lambdas = join(folder, 'lambda');
  mkdirSync(lambdas);
  for (const name of ['router', 'admin', 'sweeper', 'notifier', 'websocket', 'admin-key'])
    writeFileSync(join(lambdas, `${name}.ts`), 'export const handler = async () => {};');
  const made = platformApp({ platform: { ...platform, emulated }, lambdas, app: { outdir: join(folder, 'cdk.out') } });
  made.app.synth();
  for (const stack of [made.delivery, ...made.stacks]) if (stack) Template.fromStack(stack); // synthesised once, it is remembered
  rmSync(folder, { recursive: true });
  return made;
}

function describe(template: Template, removed: readonly Removed[]): Synthesised {
  const all = Object.entries<Resource>(template.toJSON().Resources ?? {}).map(([id, resource]) => ({ ...resource, id }));
  return {
    template,
    text: JSON.stringify(template.toJSON()),
    removed,
    resources: (type) => all.filter((resource) => type === undefined || resource.Type === type),
  };
}
