import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import { compileSchema, SCHEMA_NAMES } from './schemas.ts';
import { invalidExamples, SCHEMAS, validExamples } from './testing/examples.ts';

/** Keywords that can reject a value. */
const REJECTING =
  'type enum const pattern minLength maxLength minimum maximum minItems maxItems uniqueItems minProperties maxProperties format not oneOf anyOf'.split(
    ' ',
  );

/** Every place of a schema that can reject, as ajv's schemaPath; one for each required name. Conditions and branches reject nothing themselves. */
function rejections(node: unknown, path: string): string[] {
  if (typeof node !== 'object' || node === null) return [];
  const schema = node as Record<string, unknown>;
  const own = REJECTING.filter((keyword) => keyword in schema).map((keyword) => `${path}/${keyword}`);
  const required = ((schema.required ?? []) as string[]).map((name) => `${path}/required ${name}`);
  const dependent = Object.values((schema.dependentRequired ?? {}) as Record<string, string[]>).flatMap((names) =>
    names.map((name) => `${path}/dependentRequired ${name}`),
  );
  const closed = schema.additionalProperties === false ? [`${path}/additionalProperties`] : [];
  return [...own, ...required, ...dependent, ...closed, ...below(schema, path)];
}

function below(schema: Record<string, unknown>, path: string): string[] {
  const properties = Object.entries((schema.properties ?? {}) as object).flatMap(([key, sub]) =>
    rejections(sub, `${path}/properties/${key}`),
  );
  const single = ['items', 'additionalProperties', 'propertyNames', 'then', 'else'].flatMap((key) =>
    rejections(schema[key], `${path}/${key}`),
  );
  const all = ((schema.allOf ?? []) as unknown[]).flatMap((sub, index) => rejections(sub, `${path}/allOf/${index}`));
  return [...properties, ...single, ...all];
}

function strictAjv(): Ajv2020 {
  const ajv = new Ajv2020({ allErrors: true, strict: true, strictTypes: false, strictRequired: false });
  ajv.addKeyword('x-hint');
  formats.default(ajv, ['regex']);
  return ajv;
}

describe.each(SCHEMA_NAMES)('the schema %s', (name) => {
  const check = compileSchema<unknown>(name);
  const text = readFileSync(join(SCHEMAS, `${name}.schema.json`), 'utf8');

  it.each(validExamples(name))('accepts %s', (_, document) => {
    expect(check(document).faults).toEqual([]);
  });

  it.each(invalidExamples(name))('rejects $title at $pointer', ({ pointer, document }) => {
    const { ok, faults } = check(document);
    expect(ok).toBe(false);
    expect(faults.map((fault) => fault.pointer)).toContain(pointer);
    for (const { detail } of faults) expect(detail).toMatch(/^\S.*[^.\s]$/s);
  });

  it('has a case for every keyword that can reject', () => {
    const validate = strictAjv().compile(JSON.parse(text));
    const hit = invalidExamples(name).flatMap(({ document }) => {
      validate(structuredClone(document));
      return (validate.errors ?? []).map(({ keyword, schemaPath, params }) =>
        /equired$/.test(keyword) ? `${schemaPath} ${params.missingProperty}` : schemaPath,
      );
    });
    const never = rejections(JSON.parse(text), '#').filter((place) => !hit.includes(place));
    expect(never).toEqual([]);
  });

  it('describes every property and is versioned', () => {
    const undescribed: string[] = [];
    const walk = (node: unknown, path: string, isProperty: boolean): void => {
      if (typeof node !== 'object' || node === null) return;
      const schema = node as Record<string, unknown>;
      if (isProperty && typeof schema.description !== 'string') undescribed.push(path);
      for (const [key, sub] of Object.entries((schema.properties ?? {}) as object)) walk(sub, `${path}/${key}`, true);
      for (const key of ['items', 'additionalProperties']) walk(schema[key], `${path}/${key}`, typeof schema[key] === 'object');
    };
    walk(JSON.parse(text), '', false);
    expect(undescribed).toEqual([]);
    expect(JSON.parse(text).$id).toBe(`https://mip.example/schemas/${name}/1`);
  });
});

describe('a validator', () => {
  const entry = validExamples('algorithm').find(([name]) => name === 'minimal')?.[1] as object;

  it('fills defaults into a copy and leaves the given value alone', () => {
    const before = structuredClone(entry);
    const { value } = compileSchema('algorithm')(entry);
    expect(value).toMatchObject({
      status: 'active',
      architectures: ['amd64'],
      gpu: 0,
      timeout: 900,
      scaling: { min: 0, max: 1 },
      parameters: {},
      critical: false,
      regulatory: { status: 'research' },
      output: { kind: 'image', store: ['s3'] },
    });
    expect(entry).toEqual(before);
  });

  it('reports all faults at once, each at its own pointer', () => {
    const { faults } = compileSchema('algorithm')({ ...entry, version: 1, cpu: 300, memroy: 512, input: { scope: [], units: 'x' } });
    expect(faults.map(({ pointer }) => pointer)).toEqual(['/cpu', '/input/scope', '/input/units', '/memroy', '/version']);
  });

  it.each([
    [
      { version: 1 },
      '/version',
      'has to be text, not the number 1. Write three numbers x.y.z, each from 0 to 999, without leading zeros; 1.0 alone is read as a number, so write 1.0.0',
    ],
    [{ critical: 'yes' }, '/critical', 'has to be true or false, not the text "yes"'],
    [{ descripton: 'x' }, '/descripton', 'descripton is no known field; did you mean description?'],
    [{ cpu: 512, memory: 512 }, '/memory', 'has to be one of 1024, 2048, 3072, 4096, not 512. Fargate sells only these with cpu 512'],
    [{ description: null }, '/description', 'has to be text, not empty. Write at least one sentence'],
    [
      { image_uri: `a.example/b@sha256:${'0'.repeat(64)}` },
      '/source',
      'Keep source or image_uri, not both: an image is either built from a folder or brought ready-made',
    ],
  ])('says of %j at %s: %s', (change, pointer, detail) => {
    const { faults } = compileSchema('algorithm')({ ...entry, ...change });
    expect(faults.map((fault) => [fault.pointer, fault.detail])).toEqual([[pointer, detail]]);
  });

  it('never repeats a value of a job, which may be patient data', () => {
    const canary = 'CANARY^PATIENT';
    const { faults } = compileSchema('job-request')({
      job_id: `${canary}/`,
      client_id: ` ${canary}`,
      pacs: { study_uid: canary, series_uid: canary },
      purpose: canary,
      parameters: [canary],
      callback_url: canary,
    });
    expect(faults).toHaveLength(7);
    expect(JSON.stringify(faults)).not.toContain(canary);
  });

  it.each(['__proto__', 'constructor', 'toString'])('is not confused by a member called %s', (name) => {
    const { faults } = compileSchema('algorithm')(JSON.parse(`{"${name}": 1}`));
    expect(faults.map(({ pointer }) => pointer)).toContain(`/${name}`);
  });
});
