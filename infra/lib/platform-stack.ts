/** The platform of one region: everything that algorithms share. What belongs to one algorithm is made by reconcile, never here. */

import { Fn, Stack, Tags } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { addAdminKey } from './admin-key.ts';
import { addApi } from './api.ts';
import { addBuckets } from './buckets.ts';
import { addCluster } from './cluster.ts';
import { publishFacts } from './facts.ts';
import { addGpuCapacity } from './gpu-capacity.ts';
import { addImageStore } from './image-store.ts';
import { addImageStoreRepository } from './image-store-image.ts';
import { addLogGroup } from './logs.ts';
import { addNetwork } from './network.ts';
import { addNotifier } from './notifier.ts';
import type { Place } from './platform.ts';
import { addReconcileRoles } from './reconcile-roles.ts';
import { addExecutionRole } from './roles.ts';
import { addSecrets } from './secrets.ts';
import { addSweeper } from './sweeper.ts';
import { addTables } from './tables.ts';
import { addClassRoles, addTaskBoundary } from './task-roles.ts';
import { addWebSocket } from './websocket.ts';

export class PlatformStack extends Stack {
  /** Where it is deployed, and the parameter that tells the rest. */
  readonly place: { readonly id: string; readonly name: string; readonly account: string; readonly region: string; readonly facts: string };
  readonly #zones: number;

  /** @param lambdas the folder of the Lambdas' entry points. */
  constructor(scope: Construct, place: Place, lambdas: string) {
    const { platform, region, names } = place;
    super(scope, `${names.stack}-${region}`, {
      stackName: names.stack,
      description: `MIP platform ${platform.name} in ${region}`,
      env: { account: platform.account, region },
    });
    this.place = { id: this.artifactId, name: names.stack, account: platform.account, region, facts: names.platformFacts };
    this.#zones = platform.network.availability_zones;
    Tags.of(this).add('mip:platform', platform.name);

    const network = addNetwork(this, place);
    const tables = addTables(this, place);
    const buckets = addBuckets(this, place);
    const secrets = addSecrets(this, place);
    const { cluster, logGroup } = addCluster(this, place, network.vpc);
    addGpuCapacity(this, place, { network, cluster });
    const imageStoreLog = addLogGroup(this, 'ImageStoreLog', place, names.logGroup.imageStore);
    const executionRole = addExecutionRole(this, place, { logGroups: [logGroup, imageStoreLog], secrets });
    addImageStoreRepository(this, place);
    const imageStoreUrl = addImageStore(this, place, { network, cluster, logGroup: imageStoreLog, executionRole, secrets });
    addClassRoles(this, place, addTaskBoundary(this, place));
    addReconcileRoles(this, place);
    addAdminKey(this, place, lambdas);
    addSweeper(this, place, { tables, lambdas });
    const websocket = addWebSocket(this, place, { tables, lambdas });
    addNotifier(this, place, { tables, lambdas, websocket });
    const api = addApi(this, place, { tables, buckets, secrets, lambdas, websocket });
    publishFacts(this, place, { network, cluster, logGroup, executionRole, secrets, imageStoreUrl, api, websocket });
  }

  /** The first zones of the region, asked for at deploy time: looking them up while synthesising would need an account. */
  override get availabilityZones(): string[] {
    return Array.from({ length: this.#zones }, (_, index) => Fn.select(index, Fn.getAzs(this.place.region)));
  }
}
