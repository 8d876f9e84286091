import type { Rule } from './rule.ts';

/** What an algorithm's folder holds, by type; a folder ends in `/`. */
export const SOURCE_FILES = {
  python: ['algorithm.py', 'requirements.txt', 'Dockerfile', 'README.md', 'tests/'],
  openmp: ['src/main.c', 'src/Makefile', 'adapter.py', 'Dockerfile', 'README.md', 'tests/'],
} as const;

/** The source folder is there and holds the files that its type needs. */
export const sourceComplete: Rule = {
  name: 'source-complete',
  severity: 'error',
  reads: ['source', 'algorithm_type'],
  readsPlatform: [],
  *check({ algorithms, has }) {
    for (const of of algorithms) {
      const { source, algorithm_type: type } = of;
      if (source === undefined) continue;
      if (!has(`${source}/`)) {
        yield { of, pointer: '/source', message: `there is no folder ${source}; make it with mip new, or name the one that exists` };
        continue;
      }
      const missing = SOURCE_FILES[type].filter((path) => !has(`${source}/${path}`));
      if (missing.length)
        yield {
          of,
          pointer: '/source',
          message: `${source} lacks ${missing.join(', ')}, which ${type === 'openmp' ? 'an' : 'a'} ${type} algorithm needs; add ${missing.length > 1 ? 'them' : 'it'}`,
        };
    }
  },
};
