import type { Rule } from './rule.ts';

/** A file is called after what it describes. */
export const fileName: Rule = {
  name: 'file-name',
  severity: 'error',
  reads: ['name'],
  readsPlatform: ['name'],
  *check({ algorithms, platforms }) {
    for (const of of [...algorithms, ...platforms]) {
      const base = of.file.split('/').at(-1) ?? '';
      if (base !== `${of.name}.yaml`)
        yield { of, pointer: '/name', message: `the file is ${base} but the name is ${of.name}; rename one of them` };
    }
  },
};
