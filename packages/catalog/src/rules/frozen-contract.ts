import type { EntryContract } from '@mip/registry';
import { contractOf } from '@mip/registry/contract';
import { contractDiff } from '@mip/registry/contract-diff';
import stringify from 'safe-stable-stringify';
import { inc } from 'semver';
import { checkContract, contractFile, contractText } from '../contract.ts';
import type { Algorithm, AlgorithmEntry } from '../entry.ts';
import { below } from '../pointer.ts';
import type { Releases, Rule } from './rule.ts';

/** The fields that make a contract. */
export const CONTRACT_FIELDS = [
  'name',
  'version',
  'description',
  'algorithm_type',
  'parameters',
  'input',
  'output',
  'license',
  'regulatory',
] as const satisfies readonly (keyof AlgorithmEntry)[];

/** The contract of an entry's version is frozen in a file, and the entry says the same. */
export const frozenContract: Rule = {
  name: 'frozen-contract',
  severity: 'error',
  reads: CONTRACT_FIELDS,
  readsPlatform: [],
  *check({ algorithms, releases }) {
    if (!releases) return;
    for (const of of algorithms) {
      const message = faultOf(of, releases);
      if (message) yield { of, pointer: '/version', message };
    }
  },
};

function faultOf(of: Algorithm, { contracts, before }: Releases): string | undefined {
  const { name, version } = of;
  const file = contractFile(name, version);
  const expected = contractText(of);
  const found = contracts.look(name, version, expected);
  if (found === 'as expected') return undefined;
  if (found === 'missing') return `version ${version} has no frozen contract; run mip validate --fix and commit ${file}`;
  const { item, problems } = checkContract(found, name, version);
  if (problems.length || contractText(item) === expected) return undefined; // What is wrong with the file is told there.
  const { changes, needs } = contractDiff(item, of);
  const told = changes.length ? changes.map(({ sentence }) => sentence) : fieldsThatDiffer(item, contractOf(of));
  const least = changes.length ? needs : (inc(version, 'patch') ?? version);
  return `differs from its contract in ${file} (${told.join('; ')}); ${advice(version, least, before?.hasContract(name, version))}`;
}

/** For what callers do not notice, such as the order of a list. */
function fieldsThatDiffer(a: EntryContract, b: EntryContract): string[] {
  return CONTRACT_FIELDS.filter((field) => stringify(a[field]) !== stringify(b[field]));
}

/** @param released nothing when nobody knows. */
function advice(version: string, needs: string, released: boolean | undefined): string {
  if (released) return `${version} is released, so make the version ${needs} or later`;
  const anew = 'mip validate --fix --base REF writes it anew';
  if (released === false) return `${version} is not released yet: ${anew}`;
  return `make the version ${needs} or later; if ${version} is not merged yet, ${anew}`;
}

/** Every version that is served beside the default one has a frozen contract: its requests are checked against that. */
export const servedContracts: Rule = {
  name: 'served-contracts',
  severity: 'error',
  reads: ['name', 'version', 'releases'],
  readsPlatform: [],
  *check({ algorithms, releases }) {
    if (!releases) return;
    for (const of of algorithms) {
      for (const [index, { version }] of (of.releases ?? []).entries()) {
        if (version === of.version || releases.contracts.has(of.name, version)) continue;
        yield {
          of,
          pointer: `${below('/releases', index)}/version`,
          message: `version ${version} was never released: there is no ${contractFile(of.name, version)}; name one that was`,
        };
      }
    }
  },
};
