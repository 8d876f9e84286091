// A peer of `reconcile`'s validate cases that only reads: what no validator on Node.js can be faster than.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const [folder] = process.argv.slice(2);
const releases = join(folder, '../releases');
let characters = 0;
for (const name of readdirSync(folder)) characters += readFileSync(join(folder, name), 'utf8').length;
for (const name of readdirSync(releases))
  for (const version of readdirSync(join(releases, name))) characters += readFileSync(join(releases, name, version), 'utf8').length;
console.log(JSON.stringify({ characters }));
