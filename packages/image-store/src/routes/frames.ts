/** WADO-RS, frames: PS3.18 §10.4.1.1.6. Numbers, or the codestreams as they were stored. */

import { instanceUrl } from '../base-url.ts';
import { Problem } from '../middleware/problem.ts';
import { Undecodable } from '../pixels/format.ts';
import type { StoredFrames } from '../pixels/stored-frames.ts';
import { EXPLICIT } from '../pixels/syntaxes.ts';
import type { Context } from '../ports.ts';
import { readAhead } from '../read-ahead.ts';
import { uidsOf } from '../rows.ts';
import { multipart, type Part } from '../wado/multipart.ts';
import type { Choice } from '../wado/negotiate.ts';
import { findInstance, framesOf } from './instance.ts';
import { negotiate, notAcceptable } from './negotiation.ts';
import { baseOf, missing, onlyQuery } from './place.ts';
import type { Route } from './route.ts';
import { undecodable } from './undecodable.ts';

const OCTETS = 'application/octet-stream';
const AHEAD = 2;
const MAX_LISTED = 10_000;

const readFrames: Route = {
  method: 'GET',
  url: '/studies/:study/series/:series/instances/:instance/frames/:frames',
  access: 'client',
  handler: (context) => async (request, reply) => {
    const numbers = readNumbers((request.params as { frames: string }).frames);
    onlyQuery(request, ['accept']);
    const found = await findInstance(request, reply, context);
    return undecodable(async () => {
      const frames = framesOf(found);
      checkNumbers(numbers, frames);
      const choice = pickForm(negotiate(request, offers(frames)), frames);
      const location = `${instanceUrl(baseOf(request, context), uidsOf(found.row))}/frames`;
      const { type, stream } = await multipart(choice.partType, sendFrames(frames, { numbers, location, context, choice }));
      return reply.header('content-type', type).header('cache-control', 'no-store').send(stream);
    });
  },
};

export const frameRoutes: readonly Route[] = [readFrames];

/** `1,3`. @throws {Problem} 400 */
export function readNumbers(list: string): readonly number[] {
  const numbers = list.split(',').map((text) => (/^[1-9]\d{0,8}$/.test(text.trim()) ? Number(text) : 0));
  if (numbers.includes(0)) throw new Problem(400, 'Frames are whole numbers from 1, separated by commas.');
  if (numbers.length > MAX_LISTED) throw new Problem(400, `At most ${MAX_LISTED} frames can be asked for at once.`);
  return numbers;
}

/** @throws {Problem} 404 */
export function checkNumbers(numbers: readonly number[], { count }: StoredFrames): void {
  if (Math.max(...numbers) > count) missing(`This instance has ${count} ${count === 1 ? 'frame' : 'frames'}, counted from 1.`);
}

/** The media types of PS3.18 table 8.7.3-5 for codestreams. */
const CODESTREAMS: ReadonlyMap<string, string> = new Map([
  ['1.2.840.10008.1.2.5', 'image/dicom-rle'],
  ...['50', '51', '57', '70'].map((end) => [`1.2.840.10008.1.2.4.${end}`, 'image/jpeg'] as const),
  ...['80', '81'].map((end) => [`1.2.840.10008.1.2.4.${end}`, 'image/jls'] as const),
  ...['90', '91'].map((end) => [`1.2.840.10008.1.2.4.${end}`, 'image/jp2'] as const),
]);

function offers({ transferSyntax }: StoredFrames) {
  const own = CODESTREAMS.get(transferSyntax);
  return [{ type: 'multipart/related', of: OCTETS }, ...(own ? [{ type: 'multipart/related', of: own }] : [])];
}

export interface FrameForm {
  readonly stored: boolean;
  readonly partType: string;
  readonly transferSyntax: string;
}

/** The first choice that the frames can be sent in. @throws {Problem} 406 */
export function pickForm(choices: readonly Choice[], frames: StoredFrames): FrameForm {
  let reason = 'the frames are not stored in the transfer syntax asked for, and only Explicit VR Little Endian can be made of them';
  for (const { of = OCTETS, transferSyntax } of choices) {
    const own = transferSyntax === '*' || transferSyntax === frames.transferSyntax || (of !== OCTETS && transferSyntax === undefined);
    // Frames of native files differ in nothing but the order of bytes, and are sent little-endian.
    const stored = own && !frames.native;
    if (stored) return { stored, partType: of, transferSyntax: frames.transferSyntax };
    if (of !== OCTETS) continue;
    if (transferSyntax !== undefined && ![EXPLICIT, '*', frames.transferSyntax].includes(transferSyntax)) continue;
    try {
      frames.checkDecodable();
      return { stored: false, partType: OCTETS, transferSyntax: EXPLICIT };
    } catch (error) {
      if (!(error instanceof Undecodable)) throw error;
      reason = error.message;
    }
  }
  throw notAcceptable(reason);
}

interface Sending {
  readonly numbers: readonly number[];
  readonly location: string;
  readonly context: Pick<Context, 'pixels'>;
  readonly choice: FrameForm;
}

/** Parts in the order of the numbers. */
export async function* sendFrames(frames: StoredFrames, { numbers, location, context, choice }: Sending): AsyncGenerator<Part> {
  const type = `${choice.partType}; transfer-syntax=${choice.transferSyntax}`;
  yield* readAhead(numbers, AHEAD, async (number) => {
    const index = number - 1;
    const body = choice.stored ? await frames.stored(index) : await frames.plain(index, context.pixels);
    return { type, location: `${location}/${number}`, body: [body] };
  });
}
