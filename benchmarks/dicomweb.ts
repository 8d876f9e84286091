/**
 * DICOMweb: the image store beside a bare loop of the same S3 and DynamoDB calls, and beside Orthanc, in turns in one run. A series has 200
 * slices of 512 KB, sent in one request; each round has a series of its own. Orthanc keeps its images in SQLite and on this disk, MIP in
 * an emulator of S3 and DynamoDB: that ratio is printed and has no goal.
 */
import { spawnSync } from 'node:child_process';
import { hashUid } from '@mip/registry/image-keys';
import { type Orthanc, startOrthanc } from '../tests/orthanc.ts';
import * as client from './dicomweb/client.ts';
import { EmulatedImageStore } from './dicomweb/image-store.ts';
import { PIXEL_BYTES, type SeriesUids, SLICES, Slices } from './dicomweb/slices.ts';
import { BareStore } from './peers/bare-store.ts';
import { bound, median, type Row } from './row.ts';

const ROUNDS = 3;
/** At most so many times the bare loop. */
const GOAL = 1.3;
/** MB that the server may hold while 300 MB go in and 300 MB come out. */
const MOST_MB = 200;
const WITH_GOAL = ['store', 'retrieve', 'metadata'];

/** Milliseconds of each round, by case and by who did it. */
class Times {
  readonly #times = new Map<string, number[]>();

  async measure(name: string, who: 'mip' | 'bare' | 'orthanc', work: () => Promise<unknown>): Promise<void> {
    const start = performance.now();
    await work();
    this.#times.set(`${name} ${who}`, [...(this.#times.get(`${name} ${who}`) ?? []), performance.now() - start]);
  }

  of(name: string, who: string): readonly number[] {
    return this.#times.get(`${name} ${who}`) ?? [];
  }
}

export async function dicomwebRows(log: (line: string) => void): Promise<readonly Row[]> {
  const slices = Slices.make();
  const store = await EmulatedImageStore.start();
  const orthanc = spawnSync('which', ['Orthanc']).status === 0 ? await startOrthanc('bench:bench') : undefined;
  if (!orthanc) log('Orthanc is not installed: its cases have no peer');
  try {
    const times = new Times();
    for (let round = 1; round <= ROUNDS + 1; round += 1) {
      const measured = round === 1 ? new Times() : times; // the first warms all of them
      await playRound({ slices, round, store, orthanc, times: measured });
      log(`round ${round} of ${ROUNDS + 1}: ${round === 1 ? 'warming up' : words(measured)}`);
    }
    const cases = ['store', 'search', 'retrieve', 'instance', 'metadata'];
    return [...cases.flatMap((name) => rowsOf(name, times)), bound('dicomweb-memory, 400 MB in and out', 'MB', store.peakMb, MOST_MB)];
  } finally {
    await orthanc?.stop();
    await store.stop();
  }
}

interface Round {
  readonly slices: Slices;
  readonly round: number;
  readonly store: EmulatedImageStore;
  readonly orthanc: Orthanc | undefined;
  readonly times: Times;
}

async function playRound({ slices, round, store, orthanc, times }: Round): Promise<void> {
  const uids = slices.uids(round);
  const files = slices.files(round);
  const servers = [
    ['mip', store.server] as const,
    ...(orthanc ? [['orthanc', { url: orthanc.url, headers: orthanc.authorization }] as const] : []),
  ];
  for (const [who, server] of servers) await times.measure('store', who, () => client.store(server, files));
  await assertSame(
    servers.map(([, server]) => server),
    uids,
    files.length,
  );
  for (const [who, server] of servers) {
    await times.measure('search', who, () => client.search(server, uids));
    await times.measure('retrieve', who, () => client.retrieveSeries(server, uids));
    await times.measure('instance', who, () => client.retrieveInstance(server, uids, 7));
    await times.measure('metadata', who, () => client.metadata(server, uids));
  }
  await bareRound({ store, uids, files, times });
}

async function bareRound({
  store,
  uids,
  files,
  times,
}: {
  store: EmulatedImageStore;
  uids: SeriesUids;
  files: readonly Buffer[];
  times: Times;
}) {
  const { place } = store;
  const bare = new BareStore({ connection: place.connection, table: place.names.table('images'), bucket: place.bucket });
  const hash = (level: 'study' | 'series' | 'instance', uid: string) => hashUid(place.imagesKey, level, uid);
  const [study, series] = [hash('study', uids.study), hash('series', uids.series)];
  const prefix = `instance/${series}/`;
  const model = await bare.rows(study, prefix);
  if (model.length !== SLICES) throw new Error(`the index has ${model.length} rows of ${SLICES} slices`);
  await times.measure('store', 'bare', () => bare.store(files, model));
  await times.measure('search', 'bare', () => bare.row(study, `series/${series}`));
  await times.measure('retrieve', 'bare', async () => bare.objects(await bare.rows(study, prefix)));
  await times.measure('instance', 'bare', async () =>
    bare.objects([await bare.row(study, `${prefix}${hash('instance', uids.instance(7))}`)]),
  );
  await times.measure('metadata', 'bare', () => bare.rows(study, prefix));
}

/** Every server gives the series back with the same pixels, and knows as much about it. */
async function assertSame(servers: readonly client.Server[], uids: SeriesUids, count: number): Promise<void> {
  const pixels: string[] = [];
  for (const server of servers) {
    const found = client.pixelsIn(await client.retrieveSeries(server, uids), PIXEL_BYTES);
    if (found.length !== count) throw new Error(`${server.url} gave ${found.length} of ${count} slices back`);
    pixels.push(found.join());
    if (client.datasetsIn(await client.metadata(server, uids)) !== count) throw new Error(`${server.url} lacks metadata of slices`);
    if (client.datasetsIn(await client.search(server, uids)) !== 1) throw new Error(`${server.url} does not find the series`);
  }
  if (new Set(pixels).size !== 1) throw new Error('the servers gave different pixels back');
}

function rowsOf(name: string, times: Times): readonly Row[] {
  const goal = WITH_GOAL.includes(name) ? 1 / GOAL : null;
  const own = times.of(name, 'mip');
  return (['bare', 'orthanc'] as const).map((who) => {
    const other = times.of(name, who);
    const peer_name = who === 'bare' ? 'bare loop of the same calls' : 'Orthanc';
    const ratio = other.length > 0 ? median(own.map((time, index) => (other[index] ?? Number.NaN) / time)) : null;
    const wanted = who === 'bare' ? goal : null;
    const holds = ratio === null ? null : wanted === null || ratio >= wanted;
    return {
      case: `dicomweb-${name}`,
      unit: 'ms',
      mip: median(own),
      peer: other.length > 0 ? median(other) : null,
      peer_name,
      ratio,
      goal: wanted,
      holds,
    };
  });
}

function words(times: Times): string {
  const last = (name: string) =>
    (['mip', 'bare', 'orthanc'] as const).map((who) => times.of(name, who).at(-1)?.toFixed(0) ?? '–').join('/');
  return `MIP/bare/Orthanc ms: ${['store', 'search', 'retrieve', 'instance', 'metadata'].map((name) => `${name} ${last(name)}`).join(', ')}`;
}
