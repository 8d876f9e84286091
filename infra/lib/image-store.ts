/**
 * The image store: DICOMweb over the images bucket and its index, as a service of the platform. It is no algorithm, so it is deployed here
 * and not by reconcile (docs/adr/0007-image-store-deployment.md).
 */

import { LIMITS } from '@mip/registry/limits';
import { CfnOutput } from 'aws-cdk-lib';
import { CfnService, CfnTaskDefinition, type Cluster } from 'aws-cdk-lib/aws-ecs';
import type { Role } from 'aws-cdk-lib/aws-iam';
import type { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { addImageStoreNetwork, IMAGE_STORE_PORT, type ImageStoreNetwork } from './image-store-network.ts';
import { addImageStoreRole } from './image-store-role.ts';
import type { Network } from './network.ts';
import { type ImageStore, identityEnvironment, type Place, scopeEnvironment } from './platform.ts';
import { arnOf, type Secrets } from './secrets.ts';

export interface ImageStoreParts {
  readonly network: Network;
  readonly cluster: Cluster;
  readonly logGroup: LogGroup;
  readonly executionRole: Role;
  readonly secrets: Secrets;
}

type Known = ImageStore & { readonly image_uri: string };

const CONTAINER = 'dicomweb';
const USER = '65532'; // "nonroot" of distroless images
/** Seconds in which a new task need not answer yet. */
const GRACE = 60;

/** @returns its address; undefined where no image of it is known yet, and nothing is made. */
export function addImageStore(scope: Construct, place: Place, parts: ImageStoreParts): string | undefined {
  const { image_store: wanted } = place.platform;
  if (wanted?.image_uri === undefined) return undefined;
  const store = wanted as Known;
  const network = addImageStoreNetwork(scope, place, parts.network);
  const definition = addTaskDefinition(scope, place, { ...parts, store });
  addService(scope, place, { ...parts, store, definition, storeNetwork: network });
  new CfnOutput(scope, 'ImageStoreHost', { value: network.listener.loadBalancer.loadBalancerDnsName }); // what a domain's record points at
  return network.url;
}

function addTaskDefinition(scope: Construct, place: Place, parts: ImageStoreParts & { store: Known }): CfnTaskDefinition {
  const { names } = place;
  const { store, executionRole } = parts;
  const definition = new CfnTaskDefinition(scope, 'ImageStoreTask', {
    family: names.imageStore,
    cpu: String(store.cpu),
    memory: String(store.memory),
    networkMode: 'awsvpc',
    requiresCompatibilities: ['FARGATE'],
    runtimePlatform: { cpuArchitecture: 'X86_64', operatingSystemFamily: 'LINUX' },
    taskRoleArn: addImageStoreRole(scope, place).roleArn,
    executionRoleArn: executionRole.roleArn,
    containerDefinitions: [containerOf(place, parts)],
  });
  definition.node.addDependency(executionRole);
  return definition;
}

function containerOf(
  place: Place,
  { store, secrets, logGroup }: ImageStoreParts & { store: Known },
): CfnTaskDefinition.ContainerDefinitionProperty {
  const { platform, region } = place;
  const environment = {
    PORT: String(IMAGE_STORE_PORT),
    HOST: '0.0.0.0',
    AWS_REGION: region,
    ...scopeEnvironment(place),
    MIP_MAX_INSTANCE_BYTES: String(platform.limits.max_image_bytes),
    ...identityEnvironment(place),
  };
  return {
    name: CONTAINER,
    image: store.image_uri,
    essential: true,
    user: USER,
    readonlyRootFilesystem: true,
    linuxParameters: { capabilities: { drop: ['ALL'] }, initProcessEnabled: true },
    stopTimeout: LIMITS.ecs.stopTimeoutSeconds,
    portMappings: [{ containerPort: IMAGE_STORE_PORT, protocol: 'tcp' }],
    environment: Object.entries(environment).map(([name, value]) => ({ name, value })),
    secrets: [
      { name: 'MIP_IMAGES_KEY', valueFrom: arnOf(secrets.imagesKey) },
      { name: 'MIP_WORKERS_KEY', valueFrom: arnOf(secrets.workersKey) },
    ],
    logConfiguration: {
      logDriver: 'awslogs',
      options: { 'awslogs-group': logGroup.logGroupName, 'awslogs-region': region, 'awslogs-stream-prefix': CONTAINER },
    },
  };
}

interface ServiceParts extends ImageStoreParts {
  readonly store: Known;
  readonly definition: CfnTaskDefinition;
  readonly storeNetwork: ImageStoreNetwork;
}

/** A version that does not answer is taken back by itself, and while it is tried the one before goes on. */
function addService(scope: Construct, { names }: Place, parts: ServiceParts): void {
  const { network, cluster, executionRole, store, definition, storeNetwork } = parts;
  const service = new CfnService(scope, 'ImageStoreService', {
    serviceName: names.imageStore,
    cluster: cluster.clusterName,
    taskDefinition: definition.ref,
    desiredCount: store.tasks,
    launchType: 'FARGATE',
    deploymentConfiguration: {
      deploymentCircuitBreaker: { enable: true, rollback: true },
      minimumHealthyPercent: 100,
      maximumPercent: 200,
    },
    healthCheckGracePeriodSeconds: GRACE,
    loadBalancers: [{ containerName: CONTAINER, containerPort: IMAGE_STORE_PORT, targetGroupArn: storeNetwork.targets.targetGroupArn }],
    networkConfiguration: {
      awsvpcConfiguration: {
        subnets: [...network.subnetIds],
        securityGroups: [storeNetwork.securityGroup.securityGroupId],
        assignPublicIp: network.assignPublicIp ? 'ENABLED' : 'DISABLED',
      },
    },
  });
  service.node.addDependency(storeNetwork.listener); // ECS takes a target group only when a load balancer uses it
  service.node.addDependency(executionRole); // with its rights, which are a resource of their own
}
