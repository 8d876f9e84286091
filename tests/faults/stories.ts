/** Catalogs by name, so that a process can be told which one to apply. */
import { type Algorithm, type Input, makeAws, plan, type Report, apply as reconcile } from '@mip/reconcile';
import { placeOf, pusher } from '@mip/reconcile/testing/emulated';
import { algorithm, EVERY_KIND, imported, input, treeHash } from '@mip/reconcile/testing/fixtures';

/** Nobody runs a candidate on the emulator. */
const WITHOUT_CASES = { ...EVERY_KIND, conformance: [] };
const LARGER = { ...WITHOUT_CASES, version: '1.1.0', cpu: 2048, memory: 4096, queue: { max_receives: 5 } };
const CATALOGS = {
  two: [algorithm('seg', WITHOUT_CASES), imported('other')],
  updated: [algorithm('seg', LARGER), imported('other')],
  one: [imported('other')],
} satisfies Readonly<Record<string, readonly Algorithm[]>>;

export type CatalogName = keyof typeof CATALOGS;

/** One apply: where, of which catalog, and how far the clock on the wall is ahead, so that leases end and queues can be judged at once. */
export interface Order {
  readonly endpoint: string;
  /** Where Application Auto Scaling is, where it is not there. */
  readonly scalingEndpoint?: string;
  readonly region: string;
  readonly prefix: string;
  readonly catalog: CatalogName;
  readonly aheadMs: number;
  readonly leaseSeconds?: number;
  /** How long a call may go without an answer. */
  readonly answerWithinMs?: number;
}

export async function applyOrder(order: Order): Promise<Report> {
  const { endpoint, scalingEndpoint = endpoint, region, prefix, catalog, aheadMs, leaseSeconds = 60, answerWithinMs = 30_000 } = order;
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const aws = makeAws({ endpoint, scalingEndpoint, region, credentials, answerWithinMs }, pusher(endpoint));
  const now = () => new Date(Date.now() + aheadMs);
  return reconcile(aws, await plan(aws, inputOf(catalog, region, prefix, now())), { commit: 'c0ffee', now, leaseSeconds });
}

function inputOf(catalog: CatalogName, region: string, prefix: string, now: Date): Input {
  const treeHashes = new Map([['seg', treeHash('seg', catalog === 'updated' ? 2 : 1)]]);
  return input(CATALOGS[catalog], { platform: placeOf(region, prefix), treeHashes, now });
}
