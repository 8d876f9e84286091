/** An algorithm as clients and the administrator see it: an allow-list for the ones, the whole row for the other. Pure. */
import type { EntryRelease, RegistryEntry } from '@mip/registry';

/** What of a row is everybody's who has a key: what a caller has to know, and nothing of how it runs. */
const SHOWN = [
  'version',
  'status',
  'description',
  'algorithm_type',
  'parameters',
  'input',
  'output',
  'timeout',
] as const satisfies readonly (keyof RegistryEntry)[];

/** A version beside the default one. What takes no jobs any more has no contract. */
export interface ReleaseView {
  readonly version: string;
  readonly yanked?: true;
  readonly weight?: number;
  readonly deprecated_at?: string;
  readonly parameters?: RegistryEntry['parameters'];
  readonly input?: RegistryEntry['input'];
  readonly output?: RegistryEntry['output'];
}

export type AlgorithmView = Pick<RegistryEntry, (typeof SHOWN)[number]> & {
  readonly name: string;
  readonly license: string;
  readonly regulatory: Readonly<Record<string, unknown>>;
  readonly releases: readonly ReleaseView[];
  /** The whole row, for the administrator. */
  readonly registry?: RegistryEntry;
};

/** @param whole adds the row as it is in the table. */
export function viewAlgorithm(row: RegistryEntry, whole: boolean): AlgorithmView {
  const shown = Object.fromEntries(SHOWN.map((name) => [name, row[name]])) as Pick<RegistryEntry, (typeof SHOWN)[number]>;
  const { license, regulatory } = row.entry;
  return {
    name: row.algorithm_name,
    ...shown,
    license,
    regulatory,
    releases: (row.releases ?? []).map(viewRelease),
    ...(whole && { registry: row }),
  };
}

function viewRelease(release: EntryRelease): ReleaseView {
  if (release.yanked) return { version: release.version, yanked: true };
  const { version, weight, deprecated_at, entry } = release;
  const { parameters, input, output } = entry;
  return { version, ...(weight !== undefined && { weight }), ...(deprecated_at && { deprecated_at }), parameters, input, output };
}
