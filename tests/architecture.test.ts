/** Who may import whom, and who may read the environment: read from the sources, so that a slip fails here. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');

interface Source {
  readonly file: string;
  readonly text: string;
  readonly imports: readonly string[];
}

function sources(pattern: string): readonly Source[] {
  return globSync(pattern, { cwd: root, exclude: (name) => name === 'node_modules' || name === 'generated' || name === 'cdk.out' })
    .filter((file) => !file.endsWith('.test.ts') && !file.includes('/testing/'))
    .map((file) => {
      const text = readFileSync(join(root, file), 'utf8');
      const imports = [...text.matchAll(/(?:from|import)\s+'([^']+)'/g)].map((match) => match[1] ?? '');
      return { file, text, imports };
    });
}

interface Rule {
  readonly module: string;
  readonly never: RegExp;
  readonly except?: RegExp;
}

const RULES: readonly Rule[] = [
  { module: 'packages/catalog/src/**/*.ts', never: /^@aws-sdk|^@actions|^@mip\/(?!registry)/ },
  {
    module: 'packages/catalog/src/**/*.ts',
    never: /^node:(fs|child_process)|^@mip\/reconcile/,
    except: /\/(base|git|fix|listing|load|read|store|tree-hash|tree-hash-rules|patient-images)\.ts$/,
  },
  { module: 'packages/registry/src/**/*.ts', never: /^@mip\/|^aws-cdk|^@aws-sdk\/(?!(client|lib)-dynamodb)/ },
  { module: 'packages/reconcile/src/{desire,plan,change,safety,contract,cost}.ts', never: /^@aws-sdk|^node:(fs|child_process|process)/ },
  { module: 'packages/reconcile/src/report/*.ts', never: /^@aws-sdk|^node:(fs|child_process|process)/ },
  { module: 'packages/reconcile/src/**/*.ts', never: /^@mip\/(api|local|cli|infra|image-store)/ },
  { module: 'packages/api/src/**/*.ts', never: /^@mip\/(reconcile|local|cli|infra)|^aws-cdk/ },
  { module: 'packages/image-store/src/**/*.ts', never: /^@mip\/(?!registry)/ },
  { module: 'packages/local/src/**/*.ts', never: /^@mip\/(cli|infra(?!\/deploy\/))/ },
  { module: 'actions/**/*.ts', never: /^@aws-sdk|^aws-cdk|^@mip\/(?!catalog|reconcile|registry|conformance)/ },
  {
    module: 'packages/conformance/src/**/*.ts',
    never: /^@aws-sdk|^@actions|^@mip\/(?!catalog|registry\/(contract|entry)|reconcile\/report\/)/,
  },
  {
    module: 'packages/conformance/src/{cases,launch,result}.ts',
    never: /^node:(fs|child_process|process)/,
  },
  { module: 'packages/conformance/src/report/*.ts', never: /^node:/ },
  { module: 'infra/deploy/**/*.ts', never: /^@mip\/|^aws-cdk|^@aws-sdk/ },
  { module: 'infra/lib/**/*.ts', never: /^@mip\/(?!registry)/ },
  { module: 'infra/bin/**/*.ts', never: /^@mip\/(?!registry)/ },
  // Lean actions take of reconcile what they need: a region opened, or its plan, brings every AWS client along.
  { module: 'actions/{scale,rollback}/*.ts', never: /^@mip\/reconcile\/(open|aws\/clients)$|\/shared\/plans/ },
];

describe('a module imports only what it may', () => {
  it.each(RULES)('$module never imports $never', ({ module, never, except }) => {
    const found = sources(module);
    expect(found.length, `no source matches ${module}`).toBeGreaterThan(0);
    const wrong = found
      .filter(({ file }) => !except?.test(file))
      .flatMap(({ file, imports }) => imports.filter((name) => never.test(name)).map((name) => `${file} imports ${name}`));
    expect(wrong).toEqual([]);
  });

  it('a kind imports no other kind', () => {
    const kinds = sources('packages/reconcile/src/kinds/*.ts').filter(({ file }) => !/\/(index|kind)\.ts$/.test(file));
    const names = kinds.map(({ file }) => file.split('/').at(-1));
    const wrong = kinds.flatMap(({ file, imports }) =>
      imports.filter((name) => names.includes(name.replace('./', ''))).map((name) => `${file} imports ${name}`),
    );
    expect(kinds.length).toBeGreaterThan(0);
    expect(wrong).toEqual([]);
  });

  it('the rules see a forbidden import', () => {
    expect(RULES[0]?.never.test('@aws-sdk/client-s3')).toBe(true);
    expect(RULES[0]?.never.test('@mip/registry/names')).toBe(false);
  });
});

/** What hands all of it on to a child, as `{ ...process.env }`, reads nothing of it. */
describe('the environment is read only in entry points', () => {
  const entryPoints =
    /^(packages\/image-store\/src\/server\.ts|packages\/cli\/src\/main\.ts|actions\/[^/]+\/main\.ts|infra\/(bin|lambda)\/[^/]+\.ts)$/;

  it.each(['packages/*/src/**/*.ts', 'actions/**/*.ts', 'infra/**/*.ts'])('in %s', (pattern) => {
    const readers = sources(pattern).filter(({ text }) => /(?<!\.\.\.)\bprocess\.env\b/.test(text));
    expect(readers.map(({ file }) => file).filter((file) => !entryPoints.test(file))).toEqual([]);
  });
});

describe('the file to read first stays short', () => {
  it('reconcile.ts is under 80 lines', () => {
    const lines = readFileSync(join(root, 'packages/reconcile/src/reconcile.ts'), 'utf8').split('\n').length;
    expect(lines).toBeLessThan(80);
  });
});

describe('nothing of the algorithms reaches for AWS', () => {
  it('only the SDK imports boto3', () => {
    const python = globSync('algorithms/{*,examples/*}/*.py', { cwd: root }).filter((file) => !file.startsWith('algorithms/sdk/'));
    expect(python.length).toBeGreaterThan(0);
    expect(python.filter((file) => /^\s*(import|from)\s+boto/m.test(readFileSync(join(root, file), 'utf8')))).toEqual([]);
  });

  it.each(['tests/oracles', 'tools/conformance'])('nothing of %s imports the SDK or an algorithm', (folder) => {
    const oracles = globSync(`${folder}/**/*.py`, { cwd: root });
    expect(oracles.length).toBeGreaterThan(0);
    const wrong = oracles.filter((file) =>
      /^\s*(import|from)\s+(mip_sdk|adapter|algorithm)\b/m.test(readFileSync(join(root, file), 'utf8')),
    );
    expect(wrong).toEqual([]);
  });
});
