/** Submissions a second at so many connections, through the front of the local cloud: the API behind it, beside the bare handler behind another. */
import { Pool } from 'undici';
import { median, type Row } from '../row.ts';
import { type ApiPlace, bodyOf, type Who } from './place.ts';
import { ServerProcess } from './server-process.ts';

const WHO = ['mip', 'bare'] as const;
const CONNECTIONS = [16, 64];
const ROUNDS = 3;
const SECONDS = 4;

interface Side {
  readonly url: string;
  readonly key: string;
  readonly stop: () => Promise<void>;
}

export async function throughputRows(place: ApiPlace, log: (line: string) => void): Promise<readonly Row[]> {
  const [key = ''] = await place.keys(1);
  const sides: Record<Who, Side> = { mip: await sideOf('mip', place, key), bare: await sideOf('bare', place, key) };
  try {
    const rows: Row[] = [];
    for (const connections of CONNECTIONS) {
      const rates: Record<Who, number[]> = { mip: [], bare: [] };
      for (let round = 0; round <= ROUNDS; round += 1)
        for (const who of round % 2 ? WHO : WHO.toReversed()) {
          const rate = await rateOf(sides[who], connections, `${who}-${connections}-${round}`);
          if (round > 0) rates[who].push(rate); // the first warms both
        }
      const [mip, peer] = [median(rates.mip), median(rates.bare)];
      log(`${connections} connections: ${mip.toFixed(0)} and ${peer.toFixed(0)} requests a second`);
      const name = `submit through the local front, ${connections} connections`;
      rows.push({ case: name, unit: '1/s', mip, peer, peer_name: 'a bare handler', ratio: mip / peer, goal: null, holds: null });
    }
    return rows;
  } finally {
    for (const who of WHO) await sides[who].stop();
  }
}

async function sideOf(who: Who, place: ApiPlace, key: string): Promise<Side> {
  const api = await ServerProcess.start('api/api-server.ts', who, place.endpoint);
  const front = await ServerProcess.start('api/front-server.ts', api.url);
  return { url: front.url, key, stop: () => front.stop().then(() => api.stop()) };
}

/** @throws where one is not accepted: what is refused is answered faster. */
async function rateOf({ url, key }: Side, connections: number, prefix: string): Promise<number> {
  const pool = new Pool(url, { connections, pipelining: 1 });
  const headers = { 'x-api-key': key, 'content-type': 'application/json' };
  const start = performance.now();
  const until = start + SECONDS * 1000;
  let next = 0;
  const loop = async () => {
    while (performance.now() < until) {
      const body = bodyOf(`${prefix}-${next++}`);
      const answer = await pool.request({ method: 'POST', path: '/process/window-level', headers, body });
      await answer.body.dump();
      if (answer.statusCode !== 202) throw new Error(`a submission was answered with ${answer.statusCode}`);
    }
  };
  await Promise.all(Array.from({ length: connections }, loop));
  const seconds = (performance.now() - start) / 1000;
  await pool.close();
  return next / seconds;
}
