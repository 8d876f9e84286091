/** A JSON merge patch on an entry's text: comments, order, and every other byte stay. Pure. */
import { isDeepStrictEqual } from 'node:util';
import { isCollection, isMap, type Pair, parseDocument as parseYaml, type YAMLMap } from 'yaml';
import { EditError, endOf, pairOf, rangeOf, readValue, replaced, valueText } from './edit.ts';
import { fieldText, placeOf } from './entry-text.ts';
import { type Members, mergePatch, type Operation, operationsOf } from './merge-patch.ts';

/**
 * The whole patch, read back: what is not exactly what RFC 7396 says is not given out.
 *
 * @param text an entry that can be read
 * @throws {EditError}
 */
export function patchEntry(text: string, patch: Members): string {
  const before = readValue(text);
  const operations = operationsOf(before, patch).filter(({ path, value }) => !isDeepStrictEqual(valueAt(before, path), value));
  const [gone, set] = [operations.filter(({ value }) => value === undefined), operations.filter(({ value }) => value !== undefined)];
  const edited = [...set, ...gone].reduce(perform, text); // in this order no mapping is empty in between
  if (isDeepStrictEqual(readValue(edited), mergePatch(before, patch))) return edited;
  throw impossible(operations.map(({ path }) => path.join('.')).join(', '));
}

function impossible(what: string): EditError {
  return new EditError(`${what} cannot be set without touching other parts of the file, such as an anchor or a tag; edit it by hand`);
}

function valueAt(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((of, key) => (Object.hasOwn(of as object, key) ? (of as Members)[key] : undefined), value);
}

function perform(text: string, { path, value }: Operation): string {
  const { contents } = parseYaml(text, { stringKeys: true });
  const edited = isMap(contents) ? within({ text, map: contents, owner: undefined }, path, value) : undefined;
  if (edited === undefined) throw impossible(path.join('.'));
  return edited;
}

/** A mapping in a text, and the pair that it is the value of. */
interface Place {
  readonly text: string;
  readonly map: YAMLMap;
  readonly owner: Pair | undefined;
}

function within(place: Place, [key = '', ...rest]: readonly string[], value: unknown): string | undefined {
  const pair = pairOf(place.map, key);
  if (rest.length > 0) {
    if (isMap(pair?.value)) return within({ text: place.text, map: pair.value, owner: pair }, rest, value);
    return undefined; // an alias, say
  }
  if (!pair) return place.map.flow ? addedInBraces(place, key, value) : addedOnLines(place, key, value);
  if (value === undefined) return place.map.flow ? withoutInBraces(place, pair) : withoutLines(place, pair);
  return changed(place, pair, key, value);
}

function changed(place: Place, pair: Pair, key: string, value: unknown): string | undefined {
  const { text, map } = place;
  const block = isCollection(pair.value) && !pair.value.flow;
  const { inline, lines } = map.flow ? { inline: valueText(value), lines: undefined } : fieldText(value, indentOf(place));
  if (!block && inline !== undefined) return replaced(text, pair, key, value);
  const head = headOf(text, pair);
  const [start, end] = rangeOf(pair.value) ?? [];
  if (head === undefined || start === undefined || end === undefined) return undefined;
  const eol = endOf(text);
  const after = block ? end : endOfLine(text, end);
  // Comments between the key and what goes, or behind it on its line.
  const beside = (block ? text.slice(head, start) : text.slice(end, after)).trimEnd();
  return `${text.slice(0, head)}${inline === undefined ? '' : ` ${inline}`}${beside}${eol}${ended(lines ?? [], eol)}${text.slice(after)}`;
}

function addedInBraces({ text, map }: Place, key: string, value: unknown): string | undefined {
  const last = map.items.at(-1);
  const at = last ? rangeOf(last.value)?.[1] : (rangeOf(map)?.[1] ?? 0) - 1;
  if (at === undefined || at < 0) return undefined;
  const pair = `${valueText(key)}: ${valueText(value)}`;
  return `${text.slice(0, at)}${last ? ', ' : ' '}${pair}${last ? '' : ' '}${text.slice(at)}`;
}

/** After the field that it follows in other entries; inside a field, last. */
function addedOnLines(place: Place, key: string, value: unknown): string | undefined {
  const { text, map, owner } = place;
  const before = owner ? map.items.at(-1) : followed(map, key);
  const first = rangeOf(map.items[0]?.key)?.[0];
  if (first === undefined) return undefined;
  const at = before ? endOfPair(text, before) : text.lastIndexOf('\n', first - 1) + 1;
  if (at === undefined) return undefined;
  const eol = endOf(text);
  const indent = indentOf(place);
  const { inline, lines = [] } = fieldText(value, indent);
  const field = ended([`${indent}${valueText(key)}:${inline === undefined ? '' : ` ${inline}`}`, ...lines], eol);
  return `${text.slice(0, at)}${at > 0 && text[at - 1] !== '\n' ? eol : ''}${field}${text.slice(at)}`;
}

/** The field of those before it that stands nearest. */
function followed(map: YAMLMap, key: string): Pair | undefined {
  const place = placeOf(key);
  return map.items.findLast((pair) => placeOf(String(pair.key)) <= place);
}

/** What stands above the lines stays; a mapping that has no other field becomes an empty one. */
function withoutLines({ text, map, owner }: Place, pair: Pair): string | undefined {
  const start = rangeOf(pair.key)?.[0];
  const end = endOfPair(text, pair);
  if (start === undefined || end === undefined) return undefined;
  const line = text.lastIndexOf('\n', start - 1) + 1;
  if (/\S/.test(text.slice(line, start))) return undefined;
  const rest = text.slice(end);
  if (map.items.length > 1) return `${text.slice(0, line)}${rest}`;
  const head = owner && headOf(text, owner);
  return head === undefined ? undefined : `${text.slice(0, head)} {}${text.slice(head, line)}${rest}`;
}

/** With the comma behind it or, where it is the last, the one before it. */
function withoutInBraces({ text, map }: Place, pair: Pair): string | undefined {
  const [start, own] = rangeOf(pair.key) ?? [];
  if (start === undefined || own === undefined) return undefined;
  const end = rangeOf(pair.value)?.[1] ?? own;
  const behind = /^[ \t]*,[ \t]*/.exec(text.slice(end))?.[0].length;
  if (behind !== undefined) return `${text.slice(0, start)}${text.slice(end + behind)}`;
  const previous = map.items[map.items.indexOf(pair) - 1];
  const comma = previous ? text.indexOf(',', rangeOf(previous.value)?.[1] ?? start) : -1;
  if (comma < 0 || comma >= start) return `${text.slice(0, start).replace(/[ \t]+$/, '')}${text.slice(end)}`;
  return `${text.slice(0, comma)}${text.slice(comma + 1, start).replace(/[ \t]+$/, '')}${text.slice(end)}`;
}

/** Behind the colon of a pair. */
function headOf(text: string, { key }: Pair): number | undefined {
  const end = rangeOf(key)?.[1];
  const colon = end === undefined ? -1 : text.indexOf(':', end);
  return colon < 0 ? undefined : colon + 1;
}

/** Where the lines of a pair end, with the comment on the last of them. */
function endOfPair(text: string, { key, value }: Pair): number | undefined {
  const end = (rangeOf(value) ?? rangeOf(key))?.[1];
  return end === undefined ? undefined : endOfLine(text, end);
}

function endOfLine(text: string, from: number): number {
  if (text[from - 1] === '\n') return from;
  const at = text.indexOf('\n', from);
  return at < 0 ? text.length : at + 1;
}

function indentOf({ text, map }: Place): string {
  const column = rangeOf(map.items[0]?.key)?.[0] ?? 0;
  const indent = text.slice(text.lastIndexOf('\n', column - 1) + 1, column);
  return /\S/.test(indent) ? '' : indent;
}

function ended(lines: readonly string[], eol: string): string {
  return lines.map((line) => `${line}${eol}`).join('');
}
