/**
 * The CDK app's entry point. The platform file comes as `-c platform=…` or in MIP_PLATFORM, by its name or as a path, with every field
 * filled in, which `deploy/synthesise.ts` does. The last line of its output is JSON: what `deploy/synthesise.ts` calls `Printed`.
 */

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import type { Printed } from '../deploy/synthesise.ts';
import { platformApp } from '../lib/app.ts';
import type { Platform } from '../lib/platform.ts';

const folder = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const context = JSON.parse(process.env.CDK_CONTEXT_JSON ?? '{}');
const wanted: string | undefined = context.platform ?? process.env.MIP_PLATFORM;
if (wanted === undefined) throw new Error('Say which platform: MIP_PLATFORM=<name in catalog/platforms, or a file>.');
const file = /\.(ya?ml|json)$/.test(wanted) ? wanted : folder(`../../catalog/platforms/${wanted}.yaml`);

const read: Platform = parse(readFileSync(file, 'utf8'));
// What is a folder of this machine is said from the repository's root.
const here = read.catalog?.folder && { catalog: { folder: folder(`../../${read.catalog.folder}/`).replace(/\/+(\.\/)?$/, '') } };
const { app, delivery, stacks, removed } = platformApp({ platform: { ...read, ...here }, lambdas: folder('../lambda') });
app.synth();
const printed: Printed = {
  ...(delivery && { delivery: delivery.artifactId }),
  stacks: stacks.map((stack) => stack.place),
  removed: removed(),
};
console.log(JSON.stringify(printed));
