/** A rollback in words. Pure. */
import { isDeepStrictEqual } from 'node:util';
import type { Algorithm } from '@mip/catalog';
import { code, table, text } from '@mip/reconcile/report/markdown';
import { worstFirst } from '@mip/reconcile/report/story';
import { contractOf } from '@mip/registry/contract';
import { contractDiff } from '@mip/registry/contract-diff';
import { proposedBy } from '../shared/proposal-words.ts';
import type { Release } from './release.ts';

export interface Rollback {
  readonly from: Algorithm;
  readonly to: Algorithm;
  readonly release: Pick<Release, 'commit'>;
  /** Sentences that a reviewer should know. */
  readonly notes: readonly string[];
  readonly runUrl: string;
}

export function rollbackTitle({ name, version }: Pick<Algorithm, 'name' | 'version'>): string {
  return `Roll back ${name} to ${version}`;
}

export function rollbackBody({ from, to, release, notes, runUrl }: Rollback): string {
  const what = to.source === undefined ? `with the image ${code(to.image_uri ?? '')}` : `with all of ${code(to.source)}`;
  return [
    `${code(to.name)} goes back from ${from.version} to ${to.version}: its entry as it was at ${code(release.commit.slice(0, 12))}, ${what}.`,
    `#### What callers notice\n\n${contractPart(from, to)}`,
    `#### For whoever reviews this\n\n${reviewPart(from, to, notes)}`,
    proposedBy(runUrl),
  ].join('\n\n');
}

function contractPart(from: Algorithm, to: Algorithm): string {
  const diff = contractDiff(contractOf(from), contractOf(to));
  if (diff.changes.length === 0) return 'Nothing but the results: the contract is the same.';
  const rows = worstFirst(diff).map(({ effect, sentence }) => [effect, text(sentence)]);
  return table(['', 'change'], rows);
}

function reviewPart(from: Algorithm, to: Algorithm, notes: readonly string[]): string {
  const fields = changedFields(from, to);
  const lines = [
    `All of the entry is as it was, also ${fields.length > 0 ? `what has nothing to do with the fault; these fields differ: ${fields.map(code).join(', ')}` : 'its comments'}.`,
    'It is a version that was released: it needs no new number, and no new contract.',
    ...(from.source === undefined || from.source === to.source
      ? []
      : [`The folder ${code(from.source)} stays as it is; nothing is built from it while the entry does not name it.`]),
    ...notes.map(text),
  ];
  return lines.map((line) => `- ${line}`).join('\n');
}

/** Whatever people write in an entry beside what a rollback is about. */
function changedFields(from: Algorithm, to: Algorithm): readonly string[] {
  const expected = new Set(['version', 'source', 'image_uri', 'file', 'position']);
  const fields = [...new Set([...Object.keys(from), ...Object.keys(to)])].sort() as (keyof Algorithm)[];
  return fields.filter((field) => !expected.has(field) && !isDeepStrictEqual(from[field], to[field]));
}
