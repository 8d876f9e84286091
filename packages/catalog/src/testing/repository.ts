/** A repository in a temporary folder, for tests of the loader and the rules. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export const PLATFORM = `name: local
catalog_id: mip
account: "000000000000"
regions: [eu-central-1]
allow: { regulatory: [research], licenses: [Apache-2.0, MIT] }
`;

/** A valid entry; `more` is put at its end, and replaces nothing. */
export function entryText(name: string, more = ''): string {
  return `name: ${name}
version: 1.0.0
description: Does nothing.
algorithm_type: python
source: algorithms/${name}
cpu: 256
memory: 512
input: { scope: [instance], units: stored }
output: { kind: image }
owners: ["@OWNER/mip"]
license: Apache-2.0
${more}`;
}

/** The contract of `entryText`, written out by hand; `more` replaces fields. */
export function frozenText(name: string, more: Readonly<Record<string, unknown>> = {}): string {
  const contract = {
    algorithm_type: 'python',
    description: 'Does nothing.',
    input: { scope: ['instance'], units: 'stored' },
    license: 'Apache-2.0',
    name,
    output: { kind: 'image', store: ['s3'] },
    parameters: {},
    regulatory: { status: 'research' },
    version: '1.0.0',
    ...more,
  };
  return `${JSON.stringify(contract, null, 2)}\n`;
}

export class Repository {
  readonly root = mkdtempSync(join(tmpdir(), 'mip-catalog-'));

  constructor() {
    this.write('catalog/platforms/local.yaml', PLATFORM);
    mkdirSync(join(this.root, 'catalog/algorithms'), { recursive: true });
  }

  write(path: string, content: string | Uint8Array): this {
    mkdirSync(dirname(join(this.root, path)), { recursive: true });
    writeFileSync(join(this.root, path), content);
    return this;
  }

  /** An entry with the source folder that its type needs. */
  algorithm(name: string, text = entryText(name)): this {
    for (const file of ['algorithm.py', 'requirements.txt', 'Dockerfile', 'README.md', 'tests/test_it.py'])
      this.write(`algorithms/${name}/${file}`, '');
    return this.write(`catalog/algorithms/${name}.yaml`, text);
  }

  /** The contract of a version. */
  release(name: string, version = '1.0.0', text = frozenText(name, { version })): this {
    return this.write(`catalog/releases/${name}/${version}.yaml`, text);
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}
