/** What people and programs ask of the platform over HTTP, and what they hear of it. */
import { lambdaRows } from './api/lambda-rows.ts';
import { listRows } from './api/list-rows.ts';
import { ApiPlace } from './api/place.ts';
import { submitRows } from './api/submit-rows.ts';
import { throughputRows } from './api/throughput-rows.ts';
import { dicomwebRows } from './dicomweb.ts';
import type { Row } from './row.ts';
import { websocketRows } from './websocket.ts';

export async function run(log: (line: string) => void): Promise<readonly Row[]> {
  return [...(await restRows(log)), ...(await dicomwebRows(log)), ...(await websocketRows(log))];
}

/** Without the image store's. */
export async function restRows(log: (line: string) => void): Promise<readonly Row[]> {
  const place = await ApiPlace.start();
  try {
    const rows = [...(await submitRows(place, log)), ...(await listRows(place, log)), ...(await throughputRows(place, log))];
    return [...rows, ...(await lambdaRows(log))];
  } finally {
    await place.stop();
  }
}
