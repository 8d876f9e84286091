/**
 * The CDK app's entry point: `MIP_PLATFORM=<name or file> cdk deploy --app 'node infra/bin/platform.ts'`, or `-c platform=…`.
 * `-c emulated=true` is set by `packages/local`. The last line of its output is JSON: `{"stacks": [{"name", "account", "region", "facts"}], "removed": [{"type", "path"}]}`.
 */

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { platformApp } from '../lib/app.ts';

const folder = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const context = JSON.parse(process.env.CDK_CONTEXT_JSON ?? '{}');
const wanted: string | undefined = context.platform ?? process.env.MIP_PLATFORM;
if (wanted === undefined) throw new Error('Say which platform: MIP_PLATFORM=<name in catalog/platforms, or a file>.');
const file = /\.ya?ml$/.test(wanted) ? wanted : folder(`../../catalog/platforms/${wanted}.yaml`);

const { app, stacks, removed } = platformApp({
  platform: parse(readFileSync(file, 'utf8')),
  lambdas: folder('../lambda'),
  emulated: String(context.emulated) === 'true',
});
app.synth();
console.log(JSON.stringify({ stacks: stacks.map((stack) => stack.place), removed: removed() }));
