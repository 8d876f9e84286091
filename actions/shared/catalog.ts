/** The catalog that an action is about, from a folder that it reads as data. */
import { type Catalog, hasErrors, loadBase, loadCatalog, type Platform, renderProblem } from '@mip/catalog';
import { type Base, openBase } from '@mip/catalog/base';
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
