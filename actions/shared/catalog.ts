/** The catalog that an action is about, from a folder that it reads as data. */
import type { Algorithm, Catalog, Platform } from '@mip/catalog';
import { type Base, openBase } from '@mip/catalog/base';
import { checkAlgorithm } from '@mip/catalog/check';
import { parseDocument } from '@mip/catalog/document';
import { loadBase, loadCatalog } from '@mip/catalog/load';
import { nearestName } from '@mip/catalog/nearest-name';
import { printable } from '@mip/catalog/printable';
import { hasErrors, renderProblem } from '@mip/catalog/problem';
import type { CatalogOnDisk } from '@mip/reconcile';
import { Failure } from './action.ts';

/** @throws {Failure} for a catalog with faults, and for a platform that it does not have. */
export async function readCatalog(root: string, platformName: string): Promise<CatalogOnDisk> {
  const catalog = await loadCatalog(root, { platform: platformName });
  if (hasErrors(catalog.problems)) throw new Failure(faultWords(catalog));
  return { root, algorithms: catalog.algorithms, platform: platformOf(catalog, platformName) };
}

/** The first faults; `validate` shows all of them at their lines. */
function faultWords({ problems }: Catalog): string {
  const faults = problems.filter(({ severity }) => severity === 'error');
  const more = faults.length > SHOWN ? `\n… and ${faults.length - SHOWN} more: the job \`validate\` shows all of them` : '';
  return `the catalog has faults:\n${faults.slice(0, SHOWN).map(renderProblem).join('\n')}${more}`;
}

const SHOWN = 5;

function platformOf({ platforms }: Catalog, name: string): Platform {
  const found = platforms.find((one) => one.name === name);
  if (!found)
    throw new Failure(`there is no platform ${name}: catalog/platforms has ${platforms.map((one) => one.name).join(', ') || 'none'}`);
  return found;
}

/** @throws {Failure} that names one alike, or those that there are. */
export function algorithmOf({ algorithms }: Pick<CatalogOnDisk, 'algorithms'>, name: string): Algorithm {
  const found = algorithms.find((one) => one.name === name);
  if (found) return found;
  const names = algorithms.map((one) => one.name);
  const near = nearestName(name, names);
  const all = `it has ${names.slice(0, MOST_NAMED).join(', ') || 'none'}${names.length > MOST_NAMED ? ` and ${names.length - MOST_NAMED} more` : ''}`;
  throw new Failure(`the catalog has no algorithm ${printable(name)}; ${near === undefined ? all : `did you mean ${near}?`}`);
}

const MOST_NAMED = 20;

/** One entry from its text, by the schema alone. @throws {Failure} that begins with `what` and lists its faults. */
export function readEntry(text: string, file: string, what: string): Algorithm {
  const { item, problems } = checkAlgorithm(parseDocument(text, file));
  if (hasErrors(problems)) throw new Failure(`${what}:\n${problems.slice(0, SHOWN).map(renderProblem).join('\n')}`);
  return item;
}

/** Works with the merge-base's files and takes them away again. */
export async function withBase<T>(root: string, ref: string, work: (base: Base) => Promise<T>): Promise<T> {
  const base = await openBase(root, ref);
  try {
    return await work(base);
  } finally {
    await base.remove();
  }
}

/** The merge-base's catalog; where it had none that can be read, an empty one of the head's platform: then all of the head is new. */
export async function readBase({ root }: Base, head: CatalogOnDisk): Promise<CatalogOnDisk> {
  const { algorithms, platforms } = await loadBase(root);
  return { root, algorithms, platform: platforms.find(({ name }) => name === head.platform.name) ?? head.platform };
}
