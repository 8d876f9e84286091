/** A catalog in memory: a platform, and the files that a test puts there. */
import { blobHash, type CatalogChange, type CatalogStore, type Proposed, type Snapshot, StoreConflict } from '@mip/catalog/store';
import type { ImageName } from '../administration/image.ts';
import type { AdministrationPorts } from '../administration/ports.ts';
import { LARGEST_RECORD, RecordTooLarge, type RunHistory } from '../administration/runs.ts';

export const ACCOUNT_REGISTRY = '123456789012.dkr.ecr.eu-central-1.amazonaws.com';
export const DIGEST = `sha256:${'a'.repeat(64)}`;

/** Version tags stay, and ghcr.io/clinic is allowed beside the platform's own registry. */
export const PLATFORM = `name: clinic
catalog_id: clinic
account: "123456789012"
regions: [eu-central-1]
images: { allowed_registries: [ghcr.io/clinic] }
allow: { regulatory: [research], licenses: [Apache-2.0, MIT] }
`;

/** An entry from an image, with comments, that has no fault. */
export const SEG = `# Who answers for it is below.
name: seg
version: 1.2.0
description: Finds nothing.
algorithm_type: python
image_uri: ghcr.io/clinic/seg@${DIGEST} # built by its authors
cpu: 1024 # one core
memory: 2048
parameters:
  # of the window
  width: { type: float, default: 5, minimum: 1, maximum: 10, description: How wide. } # pixels
input: { scope: [instance], units: stored }
output: { kind: image }
owners: ["@clinic/imaging"] # a team
license: MIT
`;

export class MemoryCatalog implements CatalogStore {
  readonly files = new Map<string, string>();
  /** In order. */
  readonly changes: CatalogChange[] = [];
  /** Called before a change is made. */
  meanwhile: () => void = () => undefined;

  constructor(files: Readonly<Record<string, string>> = {}) {
    for (const [path, text] of Object.entries({ 'catalog/platforms/clinic.yaml': PLATFORM, ...files })) this.files.set(path, text);
  }

  async open(): Promise<Snapshot> {
    const files = new Map(this.files);
    return {
      read: async (path) => {
        const text = files.get(path);
        return text === undefined ? undefined : { text, hash: blobHash(text) };
      },
      list: async (folder) => {
        const inside = [...files.keys()].filter((path) => path.startsWith(`${folder}/`)).map((path) => path.slice(folder.length + 1));
        const names = new Set(inside.map((path) => path.split('/')[0] ?? ''));
        return [...names].map((name) => ({ name, kind: inside.includes(name) ? ('file' as const) : ('folder' as const) }));
      },
    };
  }

  async propose(_: Snapshot, change: CatalogChange): Promise<Proposed> {
    this.meanwhile();
    for (const { path, was } of change.files) {
      const text = this.files.get(path);
      if ((text === undefined ? undefined : blobHash(text)) !== was) throw new StoreConflict(`${path} changed meanwhile`);
    }
    for (const { path, text } of change.files) text === null ? this.files.delete(path) : this.files.set(path, text);
    this.changes.push(change);
    return { state: 'written' };
  }
}

/** Holds one image, `clinic/seg` with the tag `v1`. */
export const REGISTRIES: AdministrationPorts['registries'] = {
  digest: async ({ account, repository, reference }: ImageName) => {
    const known = account === '123456789012' && repository === 'clinic/seg';
    return known && ('digest' in reference ? reference.digest === DIGEST : reference.tag === 'v1') ? DIGEST : undefined;
  },
};

/** @param records by their ids. */
export function memoryRuns(records: ReadonlyMap<string, string>): RunHistory {
  return {
    page: async ({ limit, before }) => {
      const ids = [...records.keys()].sort().toReversed();
      const left = ids.filter((id) => before === undefined || id < before);
      const runs = left.slice(0, limit).map((id) => ({ id, started_at: id.slice(0, 24) }));
      return { runs, ...(left.length > limit && { next: runs.at(-1)?.id ?? '' }) };
    },
    read: async (id) => {
      const record = records.get(id);
      if (record !== undefined && record.length > LARGEST_RECORD) throw new RecordTooLarge(id);
      return record;
    },
  };
}
