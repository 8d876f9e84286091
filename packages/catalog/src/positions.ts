/** Where each value of a YAML file stands: built from the parser's events, only for files that have something to report. */
import { COLLECTION_STYLE, EVENT_ID, type Event, getScalarValue, SCALAR_STYLE, type ScalarEvent } from 'js-yaml';
import { above, below } from './pointer.ts';

/** Line and column, both from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** A key that a mapping has twice, and where its second appearance is. */
export interface DuplicateKey {
  readonly pointer: string;
  readonly offset: number;
}

export interface Positions {
  /** Pointer → offset of the value, or of its key where the value is a block or empty. */
  readonly offsets: ReadonlyMap<string, number>;
  /** Pointer → offset of the key, for members of mappings. */
  readonly keys: ReadonlyMap<string, number>;
  readonly duplicates: readonly DuplicateKey[];
}

interface Frame {
  readonly pointer: string;
  readonly kind: 'document' | 'sequence' | 'mapping';
  items: number;
  /** The key that waits for its value. */
  key?: { readonly pointer: string; readonly offset: number } | undefined;
}

/** Walks the events of one document. Keys that are no scalars, and what lies below an alias, have no position of their own. */
export function locate(events: readonly Event[], source: string): Positions {
  const found = { offsets: new Map([['', 0]]), keys: new Map<string, number>(), duplicates: [] as DuplicateKey[] };
  const frames: Frame[] = [];
  for (const event of events) {
    if (event.type === EVENT_ID.POP) frames.pop();
    else if (event.type === EVENT_ID.DOCUMENT) frames.push({ pointer: '', kind: 'document', items: 0 });
    else step(event, frames, source, found);
  }
  return found;
}

type Found = { offsets: Map<string, number>; keys: Map<string, number>; duplicates: DuplicateKey[] };
type NodeEvent = Exclude<Event, { type: typeof EVENT_ID.POP | typeof EVENT_ID.DOCUMENT }>;

function step(event: NodeEvent, frames: Frame[], source: string, found: Found): void {
  const frame = frames.at(-1) as Frame;
  if (frame.kind === 'mapping' && !frame.key) {
    frame.key = readKey(event, frame.pointer, source);
    note(frame.key, found);
    if (isCollection(event)) frames.push({ pointer: frame.key.pointer, kind: kindOf(event), items: 0 });
    return;
  }
  const pointer = pointerOf(frame);
  const offset = frame.key && standsBelow(event) ? frame.key.offset : (startOf(event) ?? found.offsets.get(above(pointer)) ?? 0);
  if (pointer) found.offsets.set(pointer, offset);
  frame.key = undefined;
  if (isCollection(event)) frames.push({ pointer, kind: kindOf(event), items: 0 });
}

function readKey(event: NodeEvent, parent: string, source: string): { pointer: string; offset: number } {
  if (event.type === EVENT_ID.SCALAR) return { pointer: below(parent, getScalarValue(source, event)), offset: keyStart(event) };
  return { pointer: parent, offset: startOf(event) ?? 0 };
}

function keyStart(event: ScalarEvent): number {
  return Math.max(0, isQuoted(event.style) ? event.valueStart - 1 : event.valueStart);
}

function note(key: { pointer: string; offset: number }, found: Found): void {
  if (found.keys.has(key.pointer)) found.duplicates.push(key);
  else found.keys.set(key.pointer, key.offset);
}

function pointerOf(frame: Frame): string {
  if (frame.kind === 'mapping') return frame.key?.pointer ?? frame.pointer;
  return frame.kind === 'sequence' ? below(frame.pointer, frame.items++) : frame.pointer;
}

/** Whether the value begins on a line below its key, or nowhere: then the key is the better place. */
function standsBelow(event: NodeEvent): boolean {
  if (event.type === EVENT_ID.ALIAS) return false;
  if (event.type !== EVENT_ID.SCALAR) return event.style === COLLECTION_STYLE.BLOCK;
  return event.valueStart < 0 || event.style === SCALAR_STYLE.LITERAL_BLOCK || event.style === SCALAR_STYLE.FOLDED_BLOCK;
}

/** Nothing for an empty value. */
function startOf(event: NodeEvent): number | undefined {
  if (event.type === EVENT_ID.ALIAS) return event.anchorStart - 1;
  if (event.type !== EVENT_ID.SCALAR) return event.start;
  return event.valueStart < 0 ? undefined : keyStart(event);
}

function isCollection(event: NodeEvent): boolean {
  return event.type === EVENT_ID.SEQUENCE || event.type === EVENT_ID.MAPPING;
}

function kindOf(event: NodeEvent): 'sequence' | 'mapping' {
  return event.type === EVENT_ID.SEQUENCE ? 'sequence' : 'mapping';
}

function isQuoted(style: number): boolean {
  return style === SCALAR_STYLE.SINGLE_QUOTED || style === SCALAR_STYLE.DOUBLE_QUOTED;
}

/** The line and column of an offset; `\r\n`, `\n` and `\r` end a line. */
export function toPosition(source: string, offset: number): Position {
  const lines = source.slice(0, offset).split(/\r\n|\n|\r/);
  return { line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 };
}
