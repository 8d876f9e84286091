/** A small catalog in a Git repository of its own, as a pull request changes it. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { contractFile, contractText, parseDocument } from '@mip/catalog';
import { checkAlgorithm } from '@mip/catalog/check';

/** File → content; null removes it. Paths are relative to the repository. */
export type Files = Readonly<Record<string, string | null>>;

export class CatalogRepository {
  readonly root = mkdtempSync(join(tmpdir(), 'mip-catalog-'));

  constructor(files: Files = {}) {
    this.git('init', '--quiet', '--initial-branch=main');
    this.commit('Begin', files);
  }

  git(...args: string[]): string {
    const identity = ['-c', 'user.name=Alice', '-c', 'user.email=alice@example.org', '-c', 'commit.gpgsign=false'];
    return execFileSync('git', [...identity, ...args], { cwd: this.root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
  }

  /** @returns the new commit. */
  commit(message: string, files: Files): string {
    for (const [file, content] of Object.entries(files)) {
      const path = join(this.root, file);
      if (content === null) rmSync(path);
      else {
        mkdirSync(dirname(path), { recursive: true });
        writeFileSync(path, content);
      }
    }
    this.git('add', '--all');
    this.git('commit', '--quiet', '--allow-empty', '--message', message);
    return this.head;
  }

  get head(): string {
    return this.git('rev-parse', 'HEAD');
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** A platform in one region, whose images come from a registry of somebody else, so that nothing has to be built. */
export function platformFile({ name = 'north', prefix = 'mip', catalogId = 'mip', extra = '' } = {}): string {
  return [
    `name: ${name}`,
    `catalog_id: ${catalogId}`,
    `prefix: ${prefix}`,
    'account: "000000000000"',
    'regions: [eu-central-1]',
    'images: { allowed_registries: [registry.example] }',
    'allow: { regulatory: [research], licenses: [Apache-2.0] }',
    'quotas: { fargate_vcpus: 1000 }',
    extra,
    '',
  ].join('\n');
}

/** An entry whose image somebody else built, and without cases: nothing here could run them; `over` replaces top-level lines by their field, or leaves them out. */
export function entryFile(name: string, over: Readonly<Record<string, string | undefined>> = {}): string {
  const fields: Record<string, string | undefined> = {
    name,
    version: '1.0.0',
    description: 'Finds soft tissue.',
    algorithm_type: 'python',
    image_uri: `registry.example/${name}@sha256:${'ab'.repeat(32)}`,
    cpu: '1024',
    memory: '2048',
    scaling: '{ min: 0, max: 2 }',
    input: '{ scope: [instance], units: stored }',
    output: '{ kind: image, store: [s3] }',
    owners: '["@OWNER/mip"]',
    license: 'Apache-2.0',
    intended_use: 'Tests.',
    limitations: 'All of them.',
    ...over,
  };
  const lines = Object.entries(fields).flatMap(([field, value]) => (value === undefined ? [] : [`${field}: ${value}`]));
  return `${lines.join('\n')}\n`;
}

/** The frozen contract of what an entry says, as its file in `catalog/releases` holds it. */
export function contractFiles(entry: string): Files {
  const { item } = checkAlgorithm(parseDocument(entry, ''));
  return { [contractFile(item.name, item.version)]: contractText(item) };
}

export const entryPath = (name: string) => `catalog/algorithms/${name}.yaml`;

/** The entry, and the frozen contract of its version. */
export function entryFiles(name: string, over: Readonly<Record<string, string>> = {}): Files {
  const text = entryFile(name, over);
  return { [entryPath(name)]: text, ...contractFiles(text) };
}

/** A catalog of these algorithms on the platform `north`. */
export function catalogFiles(names: readonly string[], platform: Parameters<typeof platformFile>[0] = {}): Files {
  return {
    'catalog/platforms/north.yaml': platformFile(platform),
    'tests/oracles/seg.py': '',
    ...Object.assign({}, ...names.map((name) => entryFiles(name))),
  };
}
