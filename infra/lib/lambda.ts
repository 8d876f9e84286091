/** A Lambda of the platform: its code, its log and its role. */

import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Duration } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, Code, Function as Lambda, Runtime } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { bundle } from './bundle.ts';
import { addLogGroup } from './logs.ts';
import type { Place } from './platform.ts';
import { grant } from './roles.ts';

export interface LambdaOptions {
  /** The file that exports `handler`. */
  readonly entry: string;
  readonly functionName?: string;
  readonly logGroupName?: string;
  /** MiB. */
  readonly memory: number;
  readonly timeout: Duration;
  readonly environment?: Record<string, string>;
  /** Files that lie beside the code, by their names there. */
  readonly files?: Readonly<Record<string, string>>;
}

/** The function and its role, which may write its own log and nothing else until it is granted more. */
export function addLambda(scope: Construct, id: string, place: Place, options: LambdaOptions): { lambda: Lambda; role: Role } {
  const logGroup = addLogGroup(scope, `${id}Log`, place, options.logGroupName);
  const role = new Role(scope, `${id}Role`, { path: place.names.rolePath, assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
  grant(role, ['logs:CreateLogStream', 'logs:PutLogEvents'], [logGroup.logGroupArn]);
  const folder = mkdtempSync(join(tmpdir(), 'mip-lambda-'));
  for (const file of bundle(options.entry)) writeFileSync(join(folder, basename(file.path)), file.contents);
  for (const [name, file] of Object.entries(options.files ?? {})) copyFileSync(file, join(folder, name));
  const lambda = new Lambda(scope, id, {
    ...(options.functionName === undefined ? {} : { functionName: options.functionName }),
    code: Code.fromAsset(folder),
    handler: 'index.handler',
    role,
    logGroup,
    runtime: Runtime.NODEJS_24_X,
    architecture: Architecture.ARM_64, // plain JavaScript: the cheaper one
    memorySize: options.memory,
    timeout: options.timeout,
    environment: { NODE_OPTIONS: '--enable-source-maps', ...options.environment },
  });
  rmSync(folder, { recursive: true }); // the assembly has its copy
  return { lambda, role };
}
