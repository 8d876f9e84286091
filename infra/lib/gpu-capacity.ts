/**
 * Instances with GPUs, for a platform whose file says so: none while no task needs one, as many as ECS asks for up to the file's limit. Tasks
 * on them have the network, roles and logs of the others; an instance itself reaches AWS's APIs and is reached by nobody.
 */

import { AutoScalingGroup, BlockDeviceVolume, EbsDeviceVolumeType } from 'aws-cdk-lib/aws-autoscaling';
import { InstanceType, LaunchTemplate, Peer, Port, SecurityGroup, UserData } from 'aws-cdk-lib/aws-ec2';
import { AmiHardwareType, AsgCapacityProvider, type Cluster, EcsOptimizedImage } from 'aws-cdk-lib/aws-ecs';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import type { Network } from './network.ts';
import type { GpuCapacity, Place } from './platform.ts';

/** What the schema fills in; `capacity.gpu: true` says no more. */
const DEFAULTS: GpuCapacity = { instance_type: 'g4dn.xlarge', max_instances: 2 };
/** GiB: the AMI needs 30, images with CUDA are of several each. */
const DISK = 100;

/** Of ECS's agent: tasks get the GPUs, and no task the credentials of its instance. */
const AGENT_SETTINGS = ['ECS_ENABLE_GPU_SUPPORT=true', 'ECS_AWSVPC_BLOCK_IMDS=true'];

export function addGpuCapacity(scope: Construct, place: Place, { network, cluster }: { network: Network; cluster: Cluster }): void {
  const wanted = place.platform.capacity?.gpu;
  if (!wanted) return;
  const capacity = { ...DEFAULTS, ...(typeof wanted === 'object' && wanted) };
  const group = new AutoScalingGroup(scope, 'GpuInstances', {
    vpc: network.vpc,
    vpcSubnets: network.subnets,
    launchTemplate: addTemplate(scope, place, { network, capacity }),
    minCapacity: 0,
    maxCapacity: capacity.max_instances,
    newInstancesProtectedFromScaleIn: true, // ECS takes the protection away from one that runs no task
  });
  // With it the CDK gives the instances' role what ECS's agent needs.
  const provider = new AsgCapacityProvider(scope, 'GpuCapacity', {
    capacityProviderName: place.names.gpuCapacity,
    autoScalingGroup: group,
    enableManagedScaling: true,
    enableManagedTerminationProtection: true,
  });
  cluster.addAsgCapacityProvider(provider);
}

function addTemplate(scope: Construct, place: Place, { network, capacity }: { network: Network; capacity: GpuCapacity }): LaunchTemplate {
  const securityGroup = new SecurityGroup(scope, 'GpuInstance', {
    vpc: network.vpc,
    description: 'Instances with GPUs: no ingress, HTTPS out',
    allowAllOutbound: false,
  });
  securityGroup.addEgressRule(Peer.anyIpv4(), Port.tcp(443), 'AWS APIs and image registries');
  const userData = UserData.forLinux();
  for (const setting of AGENT_SETTINGS) userData.addCommands(`echo ${setting} >> /etc/ecs/ecs.config`);
  return new LaunchTemplate(scope, 'GpuTemplate', {
    instanceType: new InstanceType(capacity.instance_type),
    machineImage: EcsOptimizedImage.amazonLinux2023(AmiHardwareType.GPU),
    role: addInstanceRole(scope, place),
    securityGroup,
    userData,
    requireImdsv2: true,
    httpPutResponseHopLimit: 1,
    detailedMonitoring: true,
    blockDevices: [
      { deviceName: '/dev/xvda', volume: BlockDeviceVolume.ebs(DISK, { encrypted: true, volumeType: EbsDeviceVolumeType.GP3 }) as never },
    ],
  });
}

function addInstanceRole(scope: Construct, { names }: Place): Role {
  return new Role(scope, 'GpuInstanceRole', {
    path: names.rolePath,
    roleName: names.gpuInstanceRole,
    description: "ECS's agent on an instance with GPUs",
    assumedBy: new ServicePrincipal('ec2.amazonaws.com'),
  });
}
