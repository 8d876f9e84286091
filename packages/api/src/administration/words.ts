/** What people read of a change that was asked for through the API. No word of it is the client's but names that fit a pattern. Pure. */
import type { CatalogChange, FileChange } from '@mip/catalog/store';
import type { Placeholder } from './draft.ts';

const ORIGIN = 'Asked for through the Admin API. What merging it changes is in the plan’s comment, once the checks have run.';

export interface Registration {
  readonly name: string;
  readonly version: string;
  readonly files: readonly FileChange[];
  readonly placeholders: readonly Placeholder[];
}

export function registration({ name, version, files, placeholders }: Registration): CatalogChange {
  const flagged = placeholders.map(({ field, detail }) => `- [ ] \`${field}\` is a placeholder. ${detail}`);
  const missing = [
    '**Not to be merged yet**: the request was in the form of the older API, which does not say all that the catalog asks for.',
    'Put the truth in place of these, then run `mip validate --fix --base origin/main`, which writes the frozen contract anew:',
  ].join(' ');
  const body = [...(flagged.length > 0 ? [missing, flagged.join('\n')] : []), ORIGIN].join('\n\n');
  return { name, files, title: `Register ${name} ${version}`, body };
}

export interface Modification {
  readonly name: string;
  /** Top-level fields of the entry that differ. */
  readonly fields: readonly string[];
  readonly files: readonly FileChange[];
}

export function modification({ name, fields, files }: Modification): CatalogChange {
  const title = `Change ${name}: ${fields.join(', ')}`;
  return { name, files, title: title.length <= 120 ? title : `Change ${name}: ${fields.length} fields`, body: ORIGIN };
}

export function removal(name: string, files: readonly FileChange[]): CatalogChange {
  const stays =
    'The contracts of its released versions stay. Once merged, it is withdrawn from the registry, its queue drains, and then it goes.';
  return { name, files, title: `Remove ${name}`, body: `${ORIGIN}\n\n${stays}` };
}
