import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadEntries } from '@mip/catalog/load';
import type { RegistryEntry } from '@mip/registry';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import { viewAlgorithm } from '../algorithm-view.ts';
import { ROUTES } from '../app.ts';
import { ENTRY } from '../testing/fixtures.ts';
import type { Described } from './document.ts';
import { openApiDocument } from './document.ts';

const root = join(import.meta.dirname, '../../../..');
const text = readFileSync(join(root, 'schemas/openapi.json'), 'utf8');
const document = JSON.parse(text);

describe('the OpenAPI document', () => {
  it('is one of version 3.1, says a library that is not ours', async () => {
    const validator = new Validator();
    expect(await validator.validate(JSON.parse(text))).toEqual({ valid: true });
    expect(validator.version).toBe('3.1');
  });

  it('has every route, each under a name of its own', () => {
    const operations = Object.values(document.paths).flatMap((path) => Object.values(path as object));
    expect(operations).toHaveLength(ROUTES.length);
    expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(ROUTES.length);
  });

  it('names in every path the parameters that are in it', () => {
    for (const { url, schema } of ROUTES) {
      const names = [...url.matchAll(/:(\w+)/g)].map(([, name]) => name);
      expect(Object.keys(schema.params ?? {}), url).toEqual(names);
    }
  });

  it('has no words that are for our own files alone', () => {
    expect(text).not.toMatch(/"(x-hint|\$id|\$schema|\$defs)"/);
  });

  it('says of every route who may ask, and what comes of it without a key', () => {
    for (const { method, url, access } of ROUTES) {
      const { security, responses } = document.paths[url.replace(/:(\w+)/g, '{$1}')][method.toLowerCase()];
      const asked = { everybody: [], client: ['client', 'token'], admin: ['admin'], reader: ['client', 'token', 'admin'] }[access];
      expect(security.flatMap(Object.keys)).toEqual(asked);
      expect(Object.hasOwn(responses, '401')).toBe(access !== 'everybody');
    }
  });

  it('is not made where a route names a schema that there is not', () => {
    const [route] = ROUTES as readonly Described[];
    const answers = { 200: { description: 'x', body: { $ref: '#/components/schemas/Nothing' } } };
    const wrong = { ...route, schema: { ...route?.schema, answers } } as Described;
    expect(() => openApiDocument([wrong], { Problem: {} })).toThrow('a route names the schema Nothing');
  });

  it('knows every algorithm of this catalog as the API shows it', async () => {
    const ajv = new Ajv2020({ strict: false });
    addFormats.default(ajv);
    const validate = ajv.addSchema(document, 'https://mip.example/openapi').compile({
      $ref: 'https://mip.example/openapi#/components/schemas/Algorithm',
    });
    const algorithms = await loadEntries(root);
    expect(algorithms.length).toBeGreaterThan(3);
    for (const { name, releases: _, ...algorithm } of algorithms) {
      const row = { ...ENTRY, ...algorithm, algorithm_name: name, entry: { ...algorithm, name } } as unknown as RegistryEntry;
      validate(JSON.parse(JSON.stringify(viewAlgorithm(row, false))));
      expect(validate.errors, name).toBeNull();
    }
  });
});
