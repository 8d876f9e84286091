/** What people and programs ask of the platform over HTTP. */
import { dicomwebRows } from './dicomweb.ts';
import type { Row } from './row.ts';

export function run(log: (line: string) => void): Promise<readonly Row[]> {
  return dicomwebRows(log);
}
