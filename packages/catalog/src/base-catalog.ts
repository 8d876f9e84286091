/** The catalog at the base of a change: what the rules that need Git compare with. */
import { changedFiles } from './changed-files.ts';
import { checkAlgorithm } from './check.ts';
import type { Algorithm } from './entry.ts';
import type { FrozenContracts } from './frozen-contracts.ts';
import { readDocument, readText } from './read.ts';
import { CONTRACT_FIELDS } from './rules/frozen-contract.ts';
import type { Before } from './rules/rule.ts';

/** The fields that rules compare; a fault of the base elsewhere does not matter. */
const COMPARED: readonly string[] = [...CONTRACT_FIELDS, 'source', 'image_uri'];

/**
 * @param root the repository as it is
 * @param base the repository as it was
 * @param contracts of the base
 */
export async function readBase(root: string, base: string, contracts: FrozenContracts): Promise<Before> {
  const changed = await changedFiles(base, root, 'algorithms');
  const looked = new WeakMap<Algorithm, { readonly entry: Algorithm | undefined }>();
  const look = (of: Algorithm) => {
    const found = looked.get(of) ?? { entry: entryOf(root, base, of) };
    looked.set(of, found);
    return found.entry;
  };
  return { changed, hasContract: (name, version) => contracts.has(name, version), entry: look };
}

function entryOf(root: string, base: string, of: Algorithm): Algorithm | undefined {
  const text = readText(base, of.file);
  if (text === undefined) return undefined;
  return text === readText(root, of.file) ? of : soundEntry(base, of.file);
}

function soundEntry(base: string, file: string): Algorithm | undefined {
  const { item, faultyFields } = checkAlgorithm(readDocument(base, file));
  return faultyFields.has('') || COMPARED.some((field) => faultyFields.has(field)) ? undefined : item;
}
