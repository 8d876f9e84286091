/** What clients may say over a WebSocket, and what they are answered. Pure. */

/** From when on a client wants events. */
export type Start =
  /** From now on. */
  | { readonly kind: 'now' }
  /** All that were written down from this time on. */
  | { readonly kind: 'at'; readonly at: Date }
  /** All after this one. `seen`: those of them that it has already. */
  | { readonly kind: 'cursor'; readonly cursor: string; readonly seen: readonly string[] };

export type Asked = { readonly kind: 'ping' } | { readonly kind: 'start'; readonly start: Start } | Refusal;

export interface Refusal {
  readonly kind: 'refused';
  readonly code: RefusalCode;
  readonly message: string;
}

export type RefusalCode = 'binary' | 'too-large' | 'not-json' | 'unknown-action' | 'invalid-since' | 'unknown-cursor' | 'too-old';

/** No frame of a client has to be larger: 100 ids are 4,000 bytes. */
export const MOST_FRAME_BYTES = 8192;
/** How many events a client can name as seen. */
export const MOST_SEEN = 100;
const EVENT_ID = /^evt_[0-9a-f]{32}$/;
const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,3})?Z$/;
const POSSIBLE = 'Send {"action":"ping"}, {"action":"live"}, or {"action":"since"} with "at" (a time) or "cursor" (an event_id).';

/** @param binary whether the frame came as bytes. */
export function parseFrame(text: string, binary = false): Asked {
  if (binary) return refused('binary', `Binary frames are not taken. ${POSSIBLE}`);
  if (Buffer.byteLength(text) > MOST_FRAME_BYTES) return refused('too-large', `A frame has at most ${MOST_FRAME_BYTES} bytes. ${POSSIBLE}`);
  const frame = parseObject(text);
  if (!frame) return refused('not-json', `A frame is a JSON object. ${POSSIBLE}`);
  if (frame.action === 'ping') return { kind: 'ping' };
  if (frame.action === 'live') return { kind: 'start', start: { kind: 'now' } };
  return frame.action === 'since' ? parseSince(frame) : refused('unknown-action', POSSIBLE);
}

function parseSince({ at, cursor, seen = [] }: Record<string, unknown>): Asked {
  if ((at === undefined) === (cursor === undefined))
    return refused('invalid-since', 'Give either "at" or "cursor": a time, or the event_id of the last event that you have.');
  if (at !== undefined) {
    const time = typeof at === 'string' && TIME.test(at) ? new Date(at) : undefined;
    if (!time || Number.isNaN(time.getTime())) return refused('invalid-since', '"at" is a time in UTC such as 2024-01-31T10:00:00.000Z.');
    return { kind: 'start', start: { kind: 'at', at: time } };
  }
  if (!isEventId(cursor)) return refused('invalid-since', '"cursor" is the event_id of an event.');
  if (!Array.isArray(seen) || seen.length > MOST_SEEN || !seen.every(isEventId))
    return refused('invalid-since', `"seen" is a list of at most ${MOST_SEEN} event_ids.`);
  return { kind: 'start', start: { kind: 'cursor', cursor, seen } };
}

/** Frames of this side that are no event; events go as they are. */
export const PONG = '{"action":"pong"}';
/** All that was missed has been sent; events come as they happen. Who hears none can ask for what came since then. */
export function liveFrame(at: Date): string {
  return JSON.stringify({ action: 'live', at: at.toISOString() });
}

/** More was missed than is sent at a time: ask again, from there. */
export function moreFrame(cursor: string): string {
  return JSON.stringify({ action: 'more', cursor });
}

export function refusalFrame({ code, message }: Refusal): string {
  return JSON.stringify({ action: 'error', code, message });
}

export function refused(code: RefusalCode, message: string): Refusal {
  return { kind: 'refused', code, message };
}

function isEventId(value: unknown): value is string {
  return typeof value === 'string' && EVENT_ID.test(value);
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
