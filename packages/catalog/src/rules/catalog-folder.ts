import type { Rule } from './rule.ts';

/** A Lambda of AWS sees no folder of anybody's machine. */
export const catalogFolder: Rule = {
  name: 'catalog-folder',
  severity: 'error',
  reads: [],
  readsPlatform: ['emulated', 'catalog'],
  *check({ platforms }) {
    for (const of of platforms) {
      if (of.catalog?.folder === undefined || of.emulated) continue;
      yield { of, pointer: '/catalog/folder', message: 'a platform in AWS reaches no folder of this machine; name the repository instead' };
    }
  },
};
