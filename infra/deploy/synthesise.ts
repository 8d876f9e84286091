/** The CDK app of a platform, made into an assembly that the `cdk` command can deploy: in a process of its own, for it is slow to load. */

import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';

/** What of a loaded platform file is needed here; the app gets all of it. */
export interface Loaded {
  readonly name: string;
  /** From the repository's root. */
  readonly file: string;
}

/** The stack of one region. */
export interface StackPlace {
  /** What the `cdk` command knows it by. */
  readonly id: string;
  readonly name: string;
  readonly account: string;
  readonly region: string;
  /** The parameter that says what was deployed. */
  readonly facts: string;
}

/** What `bin/platform.ts` prints. */
export interface Printed {
  /** The stack that goes first, by what the `cdk` command knows it by. */
  readonly delivery?: string;
  /** The home region first. */
  readonly stacks: readonly StackPlace[];
  /** What the local aspect left out. */
  readonly removed: readonly { readonly type: string; readonly path: string }[];
}

export interface Assembly extends Printed {
  /** What `cdk --app` takes. */
  readonly folder: string;
}

/**
 * @param root the repository
 * @param home a folder that gets the assembly, in place of one that was there
 */
export async function synthesise(root: string, home: string, platform: Loaded): Promise<Assembly> {
  const folder = join(home, 'cdk.out');
  const file = join(home, 'platform-file.json');
  await rm(folder, { recursive: true, force: true });
  await mkdir(home, { recursive: true });
  await writeFile(file, JSON.stringify(platform));
  const { stdout, stderr, exitCode } = await execa('node', [join(root, 'infra/bin/platform.ts')], {
    preferLocal: true,
    localDir: root,
    reject: false,
    env: {
      CDK_OUTDIR: folder,
      CDK_CONTEXT_JSON: JSON.stringify({ platform: file }),
      JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION: '1',
    },
  });
  if (exitCode !== 0) throw new Error(`${platform.file}: the platform could not be synthesised: ${sentenceOf(stderr)}`);
  const printed: Printed = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '');
  return { folder, ...printed };
}

/** Of all that Node.js prints for an error that nobody caught: what the error says. */
function sentenceOf(stderr: string): string {
  return /^\w*Error: (.+)$/m.exec(stderr)?.[1] ?? stderr.trim().split('\n').at(-1) ?? '';
}
