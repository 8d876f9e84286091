/** A template under another name: its files, what is wrong with the name, and what to think of it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Algorithm, contentOf, contractFile, contractText, loadCatalog, parseDocument, treeFiles } from '@mip/catalog';
import { checkAlgorithm } from '@mip/catalog/check';
import { editEntry } from '@mip/catalog/edit';
import { isThere } from '@mip/catalog/read';
import { physicalNamesFit } from '@mip/catalog/rules/physical-names';
import { similarNames } from '@mip/catalog/rules/similar-names';
import { Failure } from '../context.ts';
import type { NewFile, NewFiles } from './place-files.ts';
import { placesOf, placesOfTemplate, renamed, type Template } from './template.ts';

/**
 * The first version of every copy. What is merged is released: callers rely on its contract, and that is what a major version above 0 says.
 * Until then `mip validate --fix --base` freezes it anew.
 */
export const FIRST_VERSION = '1.0.0';

export interface NewAlgorithm {
  readonly files: NewFiles;
  /** All paths, in the order in which an author looks at them. */
  readonly paths: readonly string[];
  readonly warnings: readonly string[];
}

/** @throws {Failure} where the name cannot be taken, or there is no such template here. */
export async function newAlgorithm(root: string, template: Template, name: string): Promise<NewAlgorithm> {
  const places = placesOf(name);
  const entry = entryOf(root, template, name);
  const { item } = checkAlgorithm(parseDocument(entry, places.entry));
  const contract = contractFile(name, item.version);
  const folder = { path: places.source, files: await copied(root, template, name) };
  const files = [
    { path: places.oracle, content: renamed(textOf(root, placesOfTemplate(template).oracle), template, name) },
    { path: contract, content: contractText(item) },
    { path: places.entry, content: entry }, // last: a local cloud that sees it finds the rest
  ];
  const paths = [places.entry, places.source, places.oracle, contract];
  return { files: { folder, files }, paths, warnings: await warningsOf(root, item) };
}

/** @throws {Failure} with what the schema says of the name. */
export function checkName(name: string): void {
  const { problems } = checkAlgorithm(parseDocument(JSON.stringify({ name }), ''));
  const faults = problems.filter(({ pointer }) => pointer === '/name').map(({ message }) => message);
  if (faults.length > 0) throw new Failure(`${JSON.stringify(name)} cannot be the name of an algorithm: ${faults.join('; ')}`);
}

/** The template's entry with another name; comments, order and all else stay. */
function entryOf(root: string, template: Template, name: string): string {
  const { entry, oracle } = placesOfTemplate(template);
  const text = textOf(root, entry);
  const cases = checkAlgorithm(parseDocument(text, entry)).item.conformance ?? [];
  return editEntry(text, [
    { path: ['name'], value: name },
    { path: ['version'], value: FIRST_VERSION },
    { path: ['source'], value: placesOf(name).source },
    ...cases.flatMap(({ expect }, at) =>
      expect.oracle === oracle ? [{ path: ['conformance', at, 'expect', 'oracle'] as const, value: placesOf(name).oracle }] : [],
    ),
  ]);
}

/** What Git does not ignore of the template's folder, under its new names. */
async function copied(root: string, template: Template, name: string): Promise<readonly NewFile[]> {
  const { source } = placesOfTemplate(template);
  const files = await treeFiles(root, [source]);
  return Promise.all(
    files.map(async (file) => ({
      path: renamed(file.path.slice(source.length + 1), template, name),
      content: renamed(String(await contentOf(root, file)), template, name),
      executable: file.mode === '100755',
    })),
  );
}

/** @throws {Failure} where a platform cannot have a name of that length. */
async function warningsOf(root: string, item: Algorithm): Promise<readonly string[]> {
  const { algorithms, platforms } = await loadCatalog(root);
  const context = { algorithms: [item], platforms, has: () => true, sizeOf: () => undefined };
  const misfits = [...physicalNamesFit.check(context)].filter(({ of }) => of.file === item.file).map(({ message }) => message);
  if (misfits.length > 0) throw new Failure(`${item.name} is too long: ${misfits.join('; ')}`);
  return algorithms.flatMap((other) => [...similarNames.check([other, item])].map(({ message }) => `${item.name} ${message}`));
}

/** @throws {Failure} */
function textOf(root: string, file: string): string {
  if (!isThere(root, file))
    throw new Failure(
      `there is no ${file} to copy: take algorithms/examples, catalog/algorithms and tests/oracles over from MIP's repository`,
    );
  return readFileSync(join(root, file), 'utf8');
}
