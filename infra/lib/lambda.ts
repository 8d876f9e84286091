/** A Lambda of the platform: one TypeScript file bundled with everything it imports, by esbuild on this machine. Docker is never asked. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Duration } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, Code, Function as Lambda, Runtime } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { buildSync } from 'esbuild';
import { addLogGroup } from './logs.ts';
import type { Place } from './platform.ts';
import { grant } from './roles.ts';

const REPOSITORY = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

export interface LambdaOptions {
  /** The file that exports `handler`. */
  readonly entry: string;
  readonly functionName?: string;
  readonly logGroupName?: string;
  /** MiB. */
  readonly memory: number;
  readonly timeout: Duration;
  readonly environment?: Record<string, string>;
}

/** The function and its role, which may write its own log and nothing else until it is granted more. */
export function addLambda(scope: Construct, id: string, place: Place, options: LambdaOptions): { lambda: Lambda; role: Role } {
  const logGroup = addLogGroup(scope, `${id}Log`, place, options.logGroupName);
  const role = new Role(scope, `${id}Role`, { path: place.names.rolePath, assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
  grant(role, ['logs:CreateLogStream', 'logs:PutLogEvents'], [logGroup.logGroupArn]);
  const folder = bundle(options.entry);
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

/** A new folder with `index.mjs`, which holds the AWS SDK of the lock file, not the one that AWS happens to ship. The same source gives the same bytes anywhere. */
function bundle(entry: string): string {
  const { outputFiles } = buildSync({
    entryPoints: [entry],
    absWorkingDir: REPOSITORY,
    outfile: join(REPOSITORY, 'infra', 'cdk.out', 'index.mjs'), // only named, never written: source maps are relative to it
    write: false,
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    mainFields: ['module', 'main'],
    banner: { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" }, // for CommonJS inside ESM
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'none',
    sourcemap: true,
    sourcesContent: false,
    logLevel: 'error',
  });
  const folder = mkdtempSync(join(tmpdir(), 'mip-lambda-'));
  for (const file of outputFiles) writeFileSync(join(folder, basename(file.path)), file.contents);
  return folder;
}
