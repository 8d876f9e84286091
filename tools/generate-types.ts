/**
 * Writes the TypeScript types of `schemas/*.schema.json`, the code of their validators and the phantom's names; with `--check` it writes nothing and fails
 * when a file differs.
 * Run it with Node 24: `npx node tools/generate-types.ts [--check]`.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { compile, type JSONSchema } from 'json-schema-to-typescript';
import { VALIDATOR_TYPE, validatorCode } from './validator-code.ts';

const root = join(import.meta.dirname, '..');

/** Schema → the package that holds its type: catalog files in `catalog`, what the tables and queues hold in `registry`. */
const PACKAGE_OF: Readonly<Record<string, string>> = {
  algorithm: 'catalog',
  platform: 'catalog',
  'public-images': 'catalog',
  'job-request': 'registry',
  'job-message': 'registry',
  'job-record': 'registry',
  'job-event': 'registry',
};

/** Keywords that say which combinations are allowed. A type cannot say so; only validation does. */
const COMBINATIONS = ['allOf', 'anyOf', 'oneOf', 'not', 'if', 'then', 'else', 'dependentRequired'];

export interface GeneratedFile {
  /** Relative to the repository. */
  readonly path: string;
  readonly text: string;
}

function withoutCombinations(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(withoutCombinations);
  if (typeof node !== 'object' || node === null) return node;
  const kept = Object.entries(node).filter(([key]) => !COMBINATIONS.includes(key));
  return Object.fromEntries(kept.map(([key, value]) => [key, withoutCombinations(value)]));
}

export function formatted(path: string, text: string): string {
  const biome = join(root, 'node_modules/.bin/biome');
  return execFileSync(biome, ['format', `--stdin-file-path=${path}`], { cwd: root, input: text, encoding: 'utf8' });
}

async function typesOf(schema: string): Promise<GeneratedFile> {
  const document = withoutCombinations(readSchema(schema)) as JSONSchema;
  const options = { bannerComment: banner(schema), format: false, ignoreMinAndMaxItems: true };
  const source = await compile(document, String(document.title), options);
  const path = `packages/${PACKAGE_OF[schema]}/src/generated/${schema}.ts`;
  return { path, text: formatted(path, source) };
}

/** All in `catalog`, which validates for everybody. The code is left as ajv writes it: nobody reads it, and every process loads it. */
function validatorOf(schema: string): GeneratedFile[] {
  const path = `packages/catalog/src/generated/${schema}.validator`;
  return [
    { path: `${path}.js`, text: `${banner(schema)}\n${validatorCode(readSchema(schema))}` },
    { path: `${path}.d.ts`, text: `${banner(schema)}\n${VALIDATOR_TYPE}` },
  ];
}

export function readSchema(schema: string): object {
  return JSON.parse(readFileSync(join(root, fileOf(schema)), 'utf8'));
}

function banner(schema: string): string {
  return `// Generated from ${fileOf(schema)} by tools/generate-types.ts: change the schema, then run that.`;
}

function fileOf(schema: string): string {
  return `schemas/${schema}.schema.json`;
}

const PHANTOM = 'tools/phantom/names.json';

/** What a case may name of the phantom: the program that makes it reads the same list. */
function phantomNames(): GeneratedFile {
  const { variants, sizes, truths } = JSON.parse(readFileSync(join(root, PHANTOM), 'utf8'));
  const sized = sizes.flatMap((size: string) => variants.map((variant: string) => `${variant}-${size}`));
  const path = 'packages/catalog/src/generated/phantom.ts';
  const source = [
    `// Generated from ${PHANTOM} by tools/generate-types.ts: change that, then run it.`,
    `export const PHANTOM_VARIANTS: readonly string[] = ${JSON.stringify([...variants, ...sized])};`,
    `export const PHANTOM_TRUTHS: readonly string[] = ${JSON.stringify(truths)};`,
  ];
  return { path, text: formatted(path, source.join('\n')) };
}

/** All generated files, as they should be. */
export async function generateAll(): Promise<GeneratedFile[]> {
  const schemas = Object.keys(PACKAGE_OF);
  return [...(await Promise.all(schemas.map(typesOf))), ...schemas.flatMap(validatorOf), phantomNames()];
}

/** The paths whose text on disk is not what the schemas say. */
export function stale(files: readonly GeneratedFile[]): string[] {
  return files.filter(({ path, text }) => current(path) !== text).map(({ path }) => path);
}

function current(path: string): string | undefined {
  try {
    return readFileSync(join(root, path), 'utf8');
  } catch {
    return undefined;
  }
}

export function write({ path, text }: GeneratedFile): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

if (import.meta.main) {
  const files = await generateAll();
  const behind = stale(files);
  if (!process.argv.includes('--check')) files.forEach(write);
  else if (behind.length) {
    console.error(`these files differ from their schemas; run npx node tools/generate-types.ts:\n  ${behind.join('\n  ')}`);
    process.exitCode = 1;
  }
}
