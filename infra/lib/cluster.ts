/** Where tasks run, and where they write their logs. */

import type { IVpc } from 'aws-cdk-lib/aws-ec2';
import { Cluster, ContainerInsights } from 'aws-cdk-lib/aws-ecs';
import type { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { addLogGroup } from './logs.ts';
import type { Place } from './platform.ts';

export function addCluster(scope: Construct, place: Place, vpc: IVpc): { cluster: Cluster; logGroup: LogGroup } {
  const cluster = new Cluster(scope, 'Cluster', {
    clusterName: place.names.cluster,
    vpc,
    containerInsightsV2: ContainerInsights.ENABLED,
    enableFargateCapacityProviders: true,
  });
  return { cluster, logGroup: addLogGroup(scope, 'AlgorithmsLog', place, place.names.logGroup.algorithms) };
}
