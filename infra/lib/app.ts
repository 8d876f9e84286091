/** The CDK app: what the account has once, and one stack for each region of a platform. */

import { App, type AppProps, AspectPriority, Aspects } from 'aws-cdk-lib';
import { DeliveryStack } from './delivery-stack.ts';
import { LocalAspect, type Removed } from './local-aspect.ts';
import { type Platform, place } from './platform.ts';
import { PlatformStack } from './platform-stack.ts';

export interface PlatformAppOptions {
  readonly platform: Platform;
  /** The folder with the Lambdas' entry points. */
  readonly lambdas: string;
  readonly app?: AppProps;
}

export interface PlatformApp {
  readonly app: App;
  /** Deployed first; there where the platform file names a repository, and never in an emulator: it refuses GitHub's provider. */
  readonly delivery: DeliveryStack | undefined;
  /** In the order of the regions. */
  readonly stacks: readonly PlatformStack[];
  /** What the emulator goes without; known after `app.synth()`. */
  removed(): readonly Removed[];
}

export function platformApp({ platform, lambdas, app: props = {} }: PlatformAppOptions): PlatformApp {
  const app = new App({ analyticsReporting: false, ...props });
  const places = platform.regions.map((region) => place(platform, region));
  const stacks = places.map((one) => new PlatformStack(app, one, lambdas));
  const home = platform.github && places[0];
  if (!platform.emulated) {
    const delivery = home && new DeliveryStack(app, home);
    if (delivery) for (const stack of stacks) stack.addStackDependency(delivery, 'its roles trust the provider');
    return { app, delivery, stacks, removed: () => [] };
  }
  const aspect = new LocalAspect();
  Aspects.of(app).add(aspect, { priority: AspectPriority.READONLY }); // last: other aspects still add resources
  const whole = home ? [{ type: 'AWS::CloudFormation::Stack', path: home.names.deliveryStack }] : [];
  return { app, delivery: undefined, stacks, removed: () => [...whole, ...aspect.removed] };
}
