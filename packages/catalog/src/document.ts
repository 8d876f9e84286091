/** Text → values and positions. One parser, js-yaml 5, gives both: values from its events, positions from the same events. */
import { CORE_SCHEMA, constructFromEvents, EVENT_ID, type Event, parseEvents, YAMLException } from 'js-yaml';
import { above } from './pointer.ts';
import { locate, type Position, type Positions, toPosition } from './positions.ts';
import type { Problem } from './problem.ts';

/** What a file of the catalog may be. An entry of 60 fields has some 6 KB and 300 nodes. */
export const DOCUMENT_LIMITS = { bytes: 1_048_576, nodes: 10_000, aliases: 100, depth: 32 } as const;

/** A parsed file. `value` is undefined when the text is no YAML. */
export interface Document {
  readonly file: string;
  readonly value: unknown;
  /** Faults of the text itself. */
  readonly problems: readonly Problem[];
  /** The place of a value, or of the nearest thing around it that has a place. */
  position(pointer: string): Position;
  /** The place of a member's key, or of the nearest thing around it. */
  keyPosition(pointer: string): Position;
}

/**
 * @param text the file's text, without a byte order mark
 * @param file its path relative to the repository, for the problems
 */
export function parseDocument(text: string, file: string): Document {
  const fault = (offset: number, message: string, pointer = ''): Problem => ({
    file,
    ...toPosition(text, offset),
    pointer,
    severity: 'error',
    rule: 'yaml',
    message,
  });
  try {
    return read(text, file, fault);
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    return unreadable(file, fault(error.mark?.position ?? 0, sentence(error.reason, text, error.mark?.position ?? 0)));
  }
}

/** A file whose text could not be read at all. */
export function unreadable(file: string, ...problems: Problem[]): Document {
  const start = () => ({ line: 1, column: 1 });
  return { file, value: undefined, problems, position: start, keyPosition: start };
}

type Fault = (offset: number, message: string, pointer?: string) => Problem;

function read(text: string, file: string, fault: Fault): Document {
  const events = parse(text);
  const size = measure(events, text);
  if (size.documents !== 1)
    return unreadable(
      file,
      fault(0, size.documents ? 'the file holds several documents (---); keep one' : 'the file is empty; describe one entry in it'),
    );
  if (size.nodes > DOCUMENT_LIMITS.nodes)
    return unreadable(file, fault(0, `the file has more than ${DOCUMENT_LIMITS.nodes} values, aliases written out; write a smaller entry`));
  const { value, duplicated } = construct(events, text);
  if (!duplicated) return documentOf(text, file, value);
  const places = locate(events, text);
  const problems = places.duplicates.map(({ offset, pointer }) => fault(offset, duplicateSentence(pointer), pointer));
  if (!problems.length) problems.push(fault(duplicated.position, 'this key is there twice in its mapping; keep one'));
  return { ...documentOf(text, file, value), problems };
}

/**
 * A document without faults. The text is parsed once more when a place is asked
 * for: to keep the events of every sound file would cost more than all the rest.
 */
function documentOf(text: string, file: string, value: unknown): Document {
  const places = lazy(() => locate(parse(text), text));
  return {
    file,
    value,
    problems: [],
    position: (pointer) => toPosition(text, nearest(places(), pointer)),
    keyPosition: (pointer) => toPosition(text, places().keys.get(pointer) ?? nearest(places(), pointer)),
  };
}

function parse(text: string): Event[] {
  return parseEvents(text, { maxDepth: DOCUMENT_LIMITS.depth });
}

/** Values; where a key is there twice its last value, and where the parser saw the second. */
function construct(events: Event[], source: string): { value: unknown; duplicated?: { position: number } } {
  const options = { source, schema: CORE_SCHEMA, maxAliases: DOCUMENT_LIMITS.aliases };
  try {
    return { value: constructFromEvents(events, options)[0] };
  } catch (error) {
    if (!(error instanceof YAMLException) || error.reason !== 'duplicated mapping key') throw error;
    return { value: constructFromEvents(events, { ...options, json: true })[0], duplicated: { position: error.mark?.position ?? 0 } };
  }
}

/** How many documents and values the events stand for, with every alias written out. */
function measure(events: readonly Event[], source: string): { documents: number; nodes: number } {
  if (!events.some(({ type }) => type === EVENT_ID.ALIAS)) return measurePlain(events);
  const anchors = new Map<string, number>();
  const open: { anchor: string | undefined; nodes: number }[] = [{ anchor: undefined, nodes: 0 }];
  let documents = 0;
  for (const event of events) {
    const top = open.at(-1) as { nodes: number };
    if (event.type === EVENT_ID.DOCUMENT) documents++;
    if (event.type === EVENT_ID.ALIAS) top.nodes += anchors.get(source.slice(event.anchorStart, event.anchorEnd)) ?? 1;
    if (event.type === EVENT_ID.SCALAR) top.nodes++;
    if (event.type === EVENT_ID.DOCUMENT || event.type === EVENT_ID.SEQUENCE || event.type === EVENT_ID.MAPPING) {
      const anchor =
        event.type === EVENT_ID.DOCUMENT || event.anchorStart < 0 ? undefined : source.slice(event.anchorStart, event.anchorEnd);
      if (anchor !== undefined) anchors.set(anchor, Number.POSITIVE_INFINITY); // an alias of itself, inside itself
      open.push({ anchor, nodes: 1 });
    }
    if (event.type === EVENT_ID.POP) close(open, anchors);
  }
  return { documents, nodes: open[0]?.nodes ?? 0 };
}

/** Without aliases: every event that is no end of a collection is a document or a value. */
function measurePlain(events: readonly Event[]): { documents: number; nodes: number } {
  let [documents, nodes] = [0, 0];
  for (const { type } of events) {
    if (type === EVENT_ID.DOCUMENT) documents++;
    if (type !== EVENT_ID.POP) nodes++;
  }
  return { documents, nodes };
}

function close(open: { anchor: string | undefined; nodes: number }[], anchors: Map<string, number>): void {
  const closed = open.pop();
  const parent = open.at(-1);
  if (!closed || !parent) return;
  parent.nodes += closed.nodes;
  if (closed.anchor !== undefined) anchors.set(closed.anchor, closed.nodes);
}

function nearest(places: Positions, pointer: string): number {
  for (let at = pointer; at; at = above(at)) {
    const offset = places.offsets.get(at);
    if (offset !== undefined) return offset;
  }
  return 0;
}

function lazy<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

function duplicateSentence(pointer: string): string {
  return `${pointer.split('/').at(-1)} is there twice in its mapping; keep one`;
}

/** The parser's reason, with what to do about the ones that people run into. */
function sentence(reason: string, text: string, position: number): string {
  if (reason.includes('tab characters')) return `${reason}; indent with spaces`;
  if (text[position] === '@' || text[position] === '`') return `a value cannot start with ${text[position]}; put it in quotes`;
  if (reason === 'bad indentation of a mapping entry')
    return `${reason}; line it up with its neighbours, and quote a value that holds ": "`;
  if (reason.startsWith('unknown')) return `${reason}; the catalog uses no tags of its own, remove it`;
  if (reason.startsWith('aliases exceeded')) return `more than ${DOCUMENT_LIMITS.aliases} aliases; write the values out`;
  if (reason.startsWith('nesting exceeded')) return `nested deeper than ${DOCUMENT_LIMITS.depth} levels; no entry needs that`;
  return `${reason}; mend the YAML here`;
}
