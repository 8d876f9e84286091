/** The frozen contract of a version: its text, where it lies, and what is wrong with one. Pure. */
import type { EntryContract } from '@mip/registry';
import { contractOf } from '@mip/registry/contract';
import stringify from 'safe-stable-stringify';
import { type CheckedDocument, checkAlgorithm } from './check.ts';
import type { Document } from './document.ts';
import type { Problem } from './problem.ts';

/** Where the contracts of released versions lie. */
export const RELEASES = 'catalog/releases';

export function contractFile(name: string, version: string): string {
  return `${RELEASES}/${name}/${version}.yaml`;
}

/** The contract as its file holds it: JSON, which is YAML, with sorted keys, so that equal contracts are equal texts (docs/adr/0004). */
export function contractText(of: EntryContract): string {
  return `${stringify(contractOf(of), null, 2)}\n`;
}

/** What a contract says nothing of. With it around, a sound contract is a sound entry: there is no second schema for the same fields. */
const REST = { source: 'algorithms/any', cpu: 256, memory: 512, owners: ['@OWNER/any'] };
const FIELDS: ReadonlySet<string> = new Set(Object.keys(contractOf({} as EntryContract)));

/** A contract file against the schema, and against the name and the version that its path says. */
export function checkContract(document: Document, name: string, version: string): CheckedDocument<EntryContract> {
  if (!isMapping(document.value)) return checkAlgorithm(document) as CheckedDocument<EntryContract>;
  const own = Object.entries(document.value);
  const value = { ...Object.fromEntries(own.filter(([field]) => FIELDS.has(field))), ...REST };
  const { item, faultyFields, problems } = checkAlgorithm({ ...document, value });
  const beyond = own.filter(([field]) => !FIELDS.has(field)).map(([field]) => `/${field}`);
  const more = [
    ...beyond.map((pointer) => fault(document, pointer, `is no part of a contract; remove it`)),
    ...(['name', 'version'] as const)
      .filter((field) => !faultyFields.has(field) && item[field] !== { name, version }[field])
      .map((field) => fault(document, `/${field}`, `the file is ${document.file} but the ${field} is ${item[field]}; mend one of them`)),
  ];
  const faulty = more.map(({ pointer }) => pointer.slice(1));
  return { item: contractOf(item), faultyFields: new Set([...faultyFields, ...faulty]), problems: [...problems, ...more] };
}

function fault(document: Document, pointer: string, message: string): Problem {
  const { file } = document;
  return { file, ...document.position(pointer), pointer, severity: 'error', rule: 'frozen-contract', message };
}

function isMapping(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
