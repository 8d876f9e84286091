/**
 * `POST /process`, in this process: the API with admission and its look at the images, beside a bare handler that makes the same AWS calls of the
 * same AWS. What both do is held against each other before anything is timed.
 */
import { isDeepStrictEqual } from 'node:util';
import { GetCommand } from '@aws-sdk/lib-dynamodb';
import type { Row } from '../row.ts';
import { type ApiPlace, appOf, LATENCY_MS, NAMES, submit, type Who } from './place.ts';
import { contest } from './side-by-side.ts';

const REQUESTS = 500;
const WARMING = 50;
const CONTEST = { peer: 'a bare handler', requests: REQUESTS, warming: WARMING };
const WHO = ['mip', 'bare'] as const;

export async function submitRows(place: ApiPlace, log: (line: string) => void): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const cold of [true, false]) {
    const apps = { mip: appOf('mip', place.endpoint, cold), bare: appOf('bare', place.endpoint, cold) };
    const keys = await place.keys(cold ? 2 * (REQUESTS + WARMING) : 1);
    let next = 0;
    const send = async (who: Who) => {
      const job_id = `${cold}-${next}`;
      await submit(apps[who], { job_id, key: keys[next++ % keys.length] ?? '' });
      return job_id;
    };
    const calls = await assertSame(place, send);
    const name = `submit, ${cold ? 'cold' : 'warm'}, ${calls} AWS calls of ${LATENCY_MS} ms`;
    const both = await contest({ mip: () => send('mip'), bare: () => send('bare') }, { name, ...CONTEST });
    log(both.map((row) => `${row.case}: ${row.mip.toFixed(1)} and ${row.peer?.toFixed(1)} ms`).join('; '));
    rows.push(...both);
    await Promise.all(Object.values(apps).map((app) => app.close()));
  }
  return rows;
}

/** Both make the same calls, and leave records of one shape. @returns how many calls. */
async function assertSame(place: ApiPlace, send: (who: Who) => Promise<string>): Promise<number> {
  const seen: { readonly calls: readonly string[]; readonly shape: unknown }[] = [];
  for (const who of WHO) {
    await send(who); // the first wakes the line and, where that is remembered, reads what the second does not
    await place.calls();
    const job_id = await send(who);
    const calls = await place.calls();
    const Key = { client_id: 'clinic-a', job_id };
    const { Item } = await place.document.send(new GetCommand({ TableName: NAMES.table('jobs'), Key }));
    seen.push({ calls, shape: shapeOf(Item) });
  }
  const [mip, bare] = seen;
  if (!mip || !bare || !isDeepStrictEqual(mip, bare)) throw new Error(`not the same work: ${JSON.stringify(seen, null, 1)}`);
  return mip.calls.length;
}

/** The names and kinds of all that is in a record, and the lengths of its texts but for those that nobody chose. */
function shapeOf(value: unknown, name = ''): unknown {
  if (Array.isArray(value)) return value.map((one) => shapeOf(one));
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(
      Object.entries(value)
        .map(([key, one]) => [key, shapeOf(one, key)])
        .sort(),
    );
  return typeof value === 'string' && name !== 'request_digest' && name !== 'job_id' ? value.length : typeof value;
}
