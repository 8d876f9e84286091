/** What an in-memory AWS holds once a catalog is applied, as a file: written by an apply of the real code, read by the process that answers. */
import { readFileSync, writeFileSync } from 'node:fs';
import { deserialize, serialize } from 'node:v8';
import { loadCatalog } from '@mip/catalog/load';
import { run } from '@mip/reconcile/testing/fixtures';
import { MemoryAws } from '@mip/reconcile/testing/memory-aws';
import { PLATFORM, wanted } from './wanted.ts';

/** The maps and lists of each service. */
type State = Readonly<Record<string, Readonly<Record<string, Map<unknown, unknown> | unknown[]>>>>;

/** An AWS for so many algorithms: their resources share nothing, and the in-memory AWS takes the square of their number to fill. */
const AT_ONCE = 500;

/** Applies the repository's catalog to an empty account. */
export async function holdApplied(repository: string, file: string): Promise<void> {
  const { algorithms } = await loadCatalog(repository, { platform: PLATFORM });
  const all = await held(algorithms, async (aws, some) => (await run(aws, wanted(some, algorithms.length))).ok);
  writeFileSync(file, serialize(heldBy(all)));
}

/** @param apply applies some of the algorithms to an empty account. @returns an account with what became of all of them. */
export async function held<Entry>(
  algorithms: readonly Entry[],
  apply: (aws: MemoryAws, some: readonly Entry[]) => Promise<boolean>,
): Promise<MemoryAws> {
  const all = new MemoryAws();
  for (let from = 0; from < algorithms.length; from += AT_ONCE) {
    const aws = new MemoryAws();
    if (!(await apply(aws, algorithms.slice(from, from + AT_ONCE)))) throw new Error('the catalog could not be applied');
    add(all, heldBy(aws));
  }
  return all;
}

export function awsHolding(file: string): MemoryAws {
  const aws = new MemoryAws();
  add(aws, deserialize(readFileSync(file)));
  return aws;
}

function heldBy({ memory }: MemoryAws): State {
  const collections = (service: object) => Object.entries(service).filter(([, held]) => held instanceof Map || Array.isArray(held));
  return Object.fromEntries(Object.entries(memory).map(([name, service]) => [name, Object.fromEntries(collections(service))]));
}

function add(aws: MemoryAws, state: State): void {
  const into = heldBy(aws);
  for (const [service, collections] of Object.entries(state)) {
    for (const [name, held] of Object.entries(collections)) {
      const target = into[service]?.[name];
      if (held instanceof Map && target instanceof Map) for (const [key, value] of held) target.set(key, value);
      else if (Array.isArray(held) && Array.isArray(target)) for (const one of held) target.push(one);
      else throw new Error(`the in-memory AWS holds no ${service}.${name}`);
    }
  }
}
