// The peer of `reconcile`'s validate cases: what one writes in an afternoon. One schema, the frozen contracts, no rules across files, no lines.
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

const faulty = [];
let files = 0;
for (const name of readdirSync(folder).sort()) {
  if (!name.endsWith('.yaml')) continue;
  files += 1;
  try {
    const entry = load(readFileSync(join(folder, name), 'utf8'));
    if (!validate(entry)) {
      for (const { instancePath, message } of validate.errors) console.error(`${name}: ${instancePath || '/'} ${message}`);
      faulty.push(name);
      continue;
    }
    const contract = load(readFileSync(join(folder, '../releases', entry.name, `${entry.version}.yaml`), 'utf8'));
    const differ = Object.keys(contract).filter((field) => !isDeepStrictEqual(contract[field], entry[field]));
    if (differ.length === 0) continue;
    console.error(`${name}: ${differ.join(', ')} differ from the contract`);
  } catch (error) {
    console.error(`${name}: ${error.message}`);
  }
  faulty.push(name);
}
console.log(JSON.stringify({ files, faulty }));
