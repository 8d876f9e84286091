// The peer of `reconcile`'s validate cases: what one writes in an afternoon. One schema, frozen contracts, no rules across files, no lines.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import Ajv from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { load } from 'js-yaml';

const [folder, schemaFile] = process.argv.slice(2);
const ajv = new Ajv({ allErrors: true, strict: false, useDefaults: true });
addFormats.default(ajv);
const validate = ajv.compile(JSON.parse(readFileSync(schemaFile, 'utf8')));
const read = (...path) => load(readFileSync(join(...path), 'utf8'));

/** The contract of the entry's version says the same as the entry. */
function isFrozen(entry) {
  const contract = read(folder, '../releases', entry.name, `${entry.version}.yaml`);
  return Object.keys(contract).every((field) => isDeepStrictEqual(contract[field], entry[field]));
}

const faulty = [];
let files = 0;
for (const name of readdirSync(folder).sort()) {
  if (!name.endsWith('.yaml')) continue;
  files += 1;
  try {
    const entry = read(folder, name);
    if (validate(entry) && isFrozen(entry)) continue;
    for (const { instancePath, message } of validate.errors ?? []) console.error(`${name}: ${instancePath || '/'} ${message}`);
  } catch (error) {
    console.error(`${name}: ${error.message}`);
  }
  faulty.push(name);
}
console.log(JSON.stringify({ files, faulty }));
