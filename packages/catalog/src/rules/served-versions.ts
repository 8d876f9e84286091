import { below } from '../pointer.ts';
import type { Complaint, Rule } from './rule.ts';

/** The versions served beside the default one are others, and weights share the requests of one major version. */
export const servedVersions: Rule = {
  name: 'served-versions',
  severity: 'error',
  reads: ['version', 'releases'],
  readsPlatform: [],
  *check({ algorithms }) {
    for (const of of algorithms) {
      const seen = new Set([of.version]);
      let weights = 0;
      for (const [index, { version, weight = 0, yanked }] of (of.releases ?? []).entries()) {
        const at = below('/releases', index);
        const complaint = (field: string, message: string): Complaint => ({ of, pointer: `${at}/${field}`, message });
        if (seen.has(version)) yield complaint('version', `version ${version} is served already; keep one of them`);
        if (weight && major(version) !== major(of.version))
          yield complaint('weight', `a weight sends requests for ${of.version} to ${version}, another major version; remove it`);
        if (weight && yanked) yield complaint('weight', `version ${version} is yanked and takes no requests; remove its weight`);
        weights += weight;
        if (weight && weights > 100) yield complaint('weight', `the weights add up to ${weights} percent; keep them within 100`);
        seen.add(version);
      }
    }
  },
};

function major(version: string): string {
  return version.split('.')[0] ?? '';
}
