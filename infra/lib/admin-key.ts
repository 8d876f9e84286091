/** The admin key: an SSM SecureString, which CloudFormation cannot make, so a custom resource does; no template ever holds its value. */

import { join } from 'node:path';
import { CustomResource, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { addLambda } from './lambda.ts';
import type { Place } from './platform.ts';
import { grant } from './roles.ts';

export function addAdminKey(scope: Construct, place: Place, lambdas: string): void {
  const name = place.names.adminKey;
  const { lambda, role } = addLambda(scope, 'AdminKeyMaker', place, {
    entry: join(lambdas, 'admin-key.ts'),
    memory: 128,
    timeout: Duration.seconds(30),
  });
  // PutParameter alone: this role can make the key but never read it.
  grant(role, ['ssm:PutParameter'], [Stack.of(scope).formatArn({ service: 'ssm', resource: 'parameter', resourceName: name.slice(1) })]);
  const key = new CustomResource(scope, 'AdminKey', {
    resourceType: 'Custom::AdminKey',
    serviceToken: lambda.functionArn,
    serviceTimeout: Duration.minutes(2),
    properties: { ParameterName: name },
    removalPolicy: RemovalPolicy.RETAIN,
  });
  key.node.addDependency(role); // the grant is a resource of its own; CloudFormation could run the maker before it
}
