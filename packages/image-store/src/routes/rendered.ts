/** WADO-RS, rendered: PS3.18 §10.4.1.1.3. One frame as a picture for people. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Problem } from '../middleware/problem.ts';
import { Undecodable } from '../pixels/format.ts';
import type { StoredFrames } from '../pixels/stored-frames.ts';
import type { Context } from '../ports.ts';
import { type Display, neededBinaries, ofFrame, readDisplay } from '../render/pipeline.ts';
import type { Window, WindowFunction } from '../render/window.ts';
import { checkNumbers, readNumbers } from './frames.ts';
import { type FoundInstance, findInstance, framesOf } from './instance.ts';
import { negotiate } from './negotiation.ts';
import { onlyQuery, queryValue } from './place.ts';
import type { Route } from './route.ts';
import { undecodable } from './undecodable.ts';

const THUMBNAIL = { columns: 128, rows: 128 };
const MAX_VIEWPORT = 8192;
const DEFAULT_QUALITY = 90;

const rendered = (url: string, viewport?: Viewport): Route => ({
  method: 'GET',
  url: `/studies/:study/series/:series/instances/:instance${url}`,
  access: 'client',
  handler: (context) => async (request, reply) => {
    const wish = readWish(request, viewport);
    const found = await findInstance(request, reply, context);
    return undecodable(() => send({ request, reply, context, found, wish }));
  },
});

export const renderedRoutes: readonly Route[] = [
  rendered('/rendered'),
  rendered('/frames/:frames/rendered'),
  rendered('/thumbnail', THUMBNAIL),
  rendered('/frames/:frames/thumbnail', THUMBNAIL),
];

interface Viewport {
  readonly columns: number;
  readonly rows: number;
}

/** How the client wants to see it. */
interface Wish {
  readonly frame: number;
  readonly window?: Window;
  readonly viewport?: Viewport;
  readonly quality: number;
}

interface Sending {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly context: Context;
  readonly found: FoundInstance;
  readonly wish: Wish;
}

async function send({ request, reply, context, found, wish }: Sending): Promise<FastifyReply> {
  const frames = framesOf(found);
  checkNumbers([wish.frame], frames);
  const [{ type }] = negotiate(request, [{ type: 'image/jpeg' }, { type: 'image/png' }]);
  frames.checkDecodable();
  const picture = await context.pixels.render({
    frame: await frames.stored(wish.frame - 1),
    ...(frames.codec && { codec: frames.codec }),
    format: frames.format,
    display: await displayOf(found, frames, wish),
    type: type as 'image/jpeg' | 'image/png',
    quality: wish.quality,
    ...(wish.viewport && { viewport: wish.viewport }),
  });
  return reply.header('content-type', type).header('cache-control', 'no-store').send(picture);
}

/** What the image says about its display, but for what the client wants otherwise. */
async function displayOf({ metadata, source }: FoundInstance, frames: StoredFrames, { frame, window }: Wish): Promise<Display> {
  const dataset = ofFrame(metadata.dataset, frame - 1);
  const binaries = new Map<string, Buffer>();
  for (const path of neededBinaries(dataset)) {
    const span = metadata.bulk[path];
    if (!span) throw new Undecodable('one of its lookup tables is missing');
    const bytes = await source.read(span);
    binaries.set(path, metadata.big_endian ? bytes.subarray(0, bytes.length & ~1).swap16() : bytes);
  }
  const display = readDisplay(dataset, frames.format, binaries);
  if (!window) return display;
  const { voiLut: _replaced, ...others } = display;
  return { ...others, window };
}

function readWish(request: FastifyRequest, fallback?: Viewport): Wish {
  onlyQuery(request, ['accept', 'quality', 'viewport', 'window']);
  const window = readWindow(queryValue(request, 'window'));
  const viewport = readViewport(queryValue(request, 'viewport')) ?? fallback;
  return {
    frame: readFrame((request.params as { frames?: string }).frames),
    quality: readQuality(queryValue(request, 'quality')),
    ...(window && { window }),
    ...(viewport && { viewport }),
  };
}

function readFrame(list = '1'): number {
  const [frame = 1, ...others] = readNumbers(list);
  if (others.length > 0) throw new Problem(400, 'One frame is rendered at a time.');
  return frame;
}

const FUNCTIONS: Readonly<Record<string, WindowFunction>> = {
  linear: 'LINEAR',
  'linear-exact': 'LINEAR_EXACT',
  linear_exact: 'LINEAR_EXACT',
  sigmoid: 'SIGMOID',
};

/** `center,width,function`: PS3.18 §8.3.5.1.4. */
function readWindow(text: string | undefined): Window | undefined {
  if (text === undefined) return undefined;
  const [c = '', w = '', name = 'linear', ...others] = text.split(',');
  const [center, width, kind] = [Number(c), Number(w), FUNCTIONS[name.toLowerCase()]];
  const valid = c !== '' && w !== '' && Number.isFinite(center) && Number.isFinite(width) && kind && others.length === 0;
  if (!valid || width < (kind === 'LINEAR' ? 1 : Number.MIN_VALUE)) {
    throw new Problem(
      400,
      'The query parameter window is center,width,function: the width 1 or more (above 0 but for linear), the function linear, linear-exact or sigmoid.',
    );
  }
  return { center, width, function: kind };
}

function readViewport(text: string | undefined): Viewport | undefined {
  if (text === undefined) return undefined;
  const [columns = 0, rows = 0, ...others] = text.split(',').map((one) => (/^[1-9]\d{0,4}$/.test(one) ? Number(one) : 0));
  if (others.length > 0 || columns === 0 || rows === 0 || Math.max(columns, rows) > MAX_VIEWPORT) {
    throw new Problem(
      400,
      `The query parameter viewport is width,height in pixels, each from 1 to ${MAX_VIEWPORT}; a part of an image cannot be cut out here.`,
    );
  }
  return { columns, rows };
}

function readQuality(text: string | undefined): number {
  if (text === undefined) return DEFAULT_QUALITY;
  const quality = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (quality < 1 || quality > 100) throw new Problem(400, 'The query parameter quality is a whole number from 1 to 100.');
  return quality;
}
