/**
 * Schema → the code of its validator, made ahead of time: to compile the schemas at every start takes longer than to check a thousand
 * files. It is ajv's own standalone code, with what that requires written so that Node.js, bundlers and tests find it alike.
 */
import { Ajv2020 } from 'ajv/dist/2020.js';
import ucs2length from 'ajv/dist/runtime/ucs2length.js';
import standalone from 'ajv/dist/standalone/index.js';
import formats from 'ajv-formats';

/** ajv counts characters one by one, which takes half of a validator's time; a text without surrogates has as many as code units. */
const LENGTH = 'require("ajv/dist/runtime/ucs2length").default';
const FORMAT = /const (\w+) = require\("ajv-formats\/dist\/formats"\)\.fullFormats\.(\w+);/g;

/** A module that exports `validate`; it fills defaults in and collects all errors, with the schema and the data of each. */
export function validatorCode(schema: object): string {
  const ajv = new Ajv2020({
    allErrors: true,
    useDefaults: true,
    verbose: true,
    strict: true,
    strictTypes: false,
    strictRequired: false,
    code: { source: true, esm: true },
  });
  ajv.addKeyword('x-hint');
  formats.default(ajv, ['uri', 'regex']);
  const code = standalone
    .default(ajv, ajv.compile(schema))
    .replace('"use strict";', '')
    .replace(/export default \w+;/, '')
    .replaceAll(LENGTH, `((text) => (/[\\ud800-\\udfff]/.test(text) ? (${interop(ucs2length)})(text) : text.length))`);
  const body = code.replace(FORMAT, (_, name, format) => `const ${name} = fullFormats.${format};`);
  if (body.includes('require(')) throw new Error('the code of a validator requires a module in a way that is not known here');
  return body === code ? `${body}\n` : `import { fullFormats } from 'ajv-formats/dist/formats.js';\n${body}\n`;
}

/** The default export of a CommonJS module, which Node.js and Vitest put at different places. */
function interop(module: { default: unknown }): string {
  return String(module.default ?? module);
}

/** The type of that module, whose code TypeScript does not read. */
export const VALIDATOR_TYPE = `import type { ValidateFunction } from 'ajv';

export const validate: ValidateFunction;
`;
