/** The CDK app: one stack for each region of a platform. */

import { App, type AppProps, AspectPriority, Aspects } from 'aws-cdk-lib';
import { LocalAspect, type Removed } from './local-aspect.ts';
import { type Platform, place } from './platform.ts';
import { PlatformStack } from './platform-stack.ts';

export interface PlatformAppOptions {
  readonly platform: Platform;
  /** The folder with the Lambdas' entry points. */
  readonly lambdas: string;
  /** True where the endpoint is an emulator, which refuses some resource types. */
  readonly emulated: boolean;
  readonly app?: AppProps;
}

export interface PlatformApp {
  readonly app: App;
  readonly stacks: readonly PlatformStack[];
  /** What the local aspect left out; known after `app.synth()`. */
  removed(): readonly Removed[];
}

export function platformApp({ platform, lambdas, emulated, app: props = {} }: PlatformAppOptions): PlatformApp {
  const app = new App({ analyticsReporting: false, ...props });
  const stacks = platform.regions.map((region) => new PlatformStack(app, place(platform, region), lambdas));
  if (!emulated) return { app, stacks, removed: () => [] };
  const aspect = new LocalAspect();
  Aspects.of(app).add(aspect, { priority: AspectPriority.READONLY }); // last: other aspects still add resources
  return { app, stacks, removed: () => aspect.removed };
}
