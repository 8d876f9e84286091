/** All that `mip validate` says of a repository: its catalog, and that no patient's image lies in it. */
import { checkCatalog, type LoadOptions } from './load.ts';
import { findPatientImages } from './patient-images.ts';
import { sortProblems } from './problem.ts';
import type { Named } from './rules/rule.ts';
import type { Catalog } from './validate.ts';

/** @param root the repository's folder */
export async function checkRepository(root: string, options: Pick<LoadOptions, 'base'> = {}): Promise<Catalog<Named>> {
  const images = findPatientImages(root);
  const catalog = await checkCatalog(root, options);
  return { ...catalog, problems: sortProblems([...catalog.problems, ...(await images)]) };
}
