/** Fields of an entry changed in its text: comments, order, and every other byte stay. Pure. */
import { isDeepStrictEqual } from 'node:util';
import {
  isCollection,
  isMap,
  isScalar,
  isSeq,
  type Pair,
  parseDocument as parseYaml,
  Scalar,
  visit,
  type YAMLMap,
  type YAMLSeq,
  Document as YamlDocument,
} from 'yaml';
import { parseDocument } from './document.ts';

export interface FieldEdit {
  /**
   * The field by its keys from the top, like `['scaling', 'min']`; what of it is not there is made, and what is there is one value, no list.
   * A number is the place of an item in a list, which is there.
   */
  readonly path: Path;
  readonly value: string | number | boolean;
  /** A field beside it that it takes the place of, with the comments around it. */
  readonly insteadOf?: string;
}

type Path = readonly [Key, ...Key[]];
type Key = string | number;

/** A text that cannot be edited without touching something else; the message is a sentence. */
export class EditError extends Error {
  override readonly name = 'EditError';
}

/**
 * The edits one after the other, each read back: what is not exactly the old values and the new one is not given out.
 *
 * @param text an entry without faults
 * @throws {EditError}
 */
export function editEntry(text: string, edits: readonly FieldEdit[]): string {
  return edits.reduce(editField, text);
}

function editField(text: string, edit: FieldEdit): string {
  const { contents } = parseYaml(text, { stringKeys: true });
  const wanted = withEdit(readValue(text), edit);
  const edited = isMap(contents) ? splice(text, contents, edit.path, edit) : undefined;
  if (wanted === undefined || edited === undefined || !isDeepStrictEqual(readValue(edited), wanted))
    throw new EditError(
      `${edit.path.join('.')} cannot be set without touching other parts of the file, such as an anchor or a list; edit it by hand`,
    );
  return edited;
}

type Value = Readonly<Record<string, unknown>>;

export function readValue(text: string): unknown {
  return parseDocument(text, '').value;
}

/** What the edited text has to say; undefined where the path leads through what is no mapping. */
function withEdit(before: unknown, { path: [key, ...rest], value, insteadOf }: FieldEdit): Value | readonly unknown[] | undefined {
  if (Array.isArray(before)) {
    const inner = isPath(rest) ? withEdit(before[Number(key)], { path: rest, value, ...(insteadOf && { insteadOf }) }) : undefined;
    return inner && before.with(Number(key), inner);
  }
  if (typeof before !== 'object' || before === null) return undefined;
  const fields = before as Value;
  if (isPath(rest)) {
    const inner = withEdit(Object.hasOwn(fields, key) ? fields[key] : {}, { path: rest, value, ...(insteadOf && { insteadOf }) });
    return inner && { ...fields, [key]: inner };
  }
  const { [insteadOf ?? '']: _, ...others } = fields;
  return { ...others, [key]: value };
}

function splice(text: string, of: YAMLMap | YAMLSeq, [key, ...rest]: Path, edit: FieldEdit): string | undefined {
  const pair = isMap(of) ? pairOf(of, String(key)) : undefined;
  const inner = isMap(of) ? pair?.value : of.items[Number(key)];
  if (isPath(rest) && (isMap(inner) || isSeq(inner))) return splice(text, inner, rest, edit);
  return isMap(of) ? spliceField(text, of, [String(key), ...rest], edit) : undefined;
}

function spliceField(text: string, map: YAMLMap, [key, ...rest]: readonly [string, ...Key[]], edit: FieldEdit): string | undefined {
  const pair = pairOf(map, key);
  const value = isPath(rest) ? rest.reduceRight<unknown>((inner, name) => ({ [name]: inner }), edit.value) : edit.value;
  if (pair) return isCollection(pair.value) ? undefined : replaced(text, pair, key, value); // comments may stand in it
  const old = edit.insteadOf === undefined || isPath(rest) ? undefined : pairOf(map, edit.insteadOf);
  if (isCollection(old?.value)) return undefined;
  return old ? replaced(text, old, key, value) : added(text, map, `${valueText(key)}: ${valueText(value)}`);
}

/** Key and value where those of a pair were; what stands around them stays. */
export function replaced(text: string, { key, value: old }: Pair, name: string, value: unknown): string | undefined {
  const [from, to] = rangeOf(key) ?? [];
  const [start, end] = rangeOf(old) ?? [];
  if (from === undefined || to === undefined || start === undefined || end === undefined) return undefined;
  const before = text[start - 1] === ':' ? ' ' : ''; // there was no value
  const after = text.slice(start, end).endsWith('\n') ? endOf(text) : ''; // it was a block of lines
  const own = isScalar(key) && key.value === name ? text.slice(from, to) : valueText(name);
  return `${text.slice(0, from)}${own}${text.slice(to, start)}${before}${valueText(value)}${after}${text.slice(end)}`;
}

/** After the last pair: on a line of its own, or inside the braces. */
function added(text: string, map: YAMLMap, pair: string): string | undefined {
  const last = map.items.at(-1) as Pair | undefined;
  const range = rangeOf(last?.value);
  if (map.flow) {
    const at = last ? range?.[1] : (rangeOf(map)?.[1] ?? 0) - 1;
    return at === undefined || at < 0 ? undefined : `${text.slice(0, at)}${last ? ', ' : ' '}${pair}${last ? '' : ' '}${text.slice(at)}`;
  }
  const column = rangeOf(map.items[0]?.key)?.[0];
  if (!range || column === undefined) return undefined;
  const indent = text.slice(text.lastIndexOf('\n', column - 1) + 1, column);
  const [, , at] = range;
  const line = `${/\S/.test(indent) ? '' : indent}${pair}${endOf(text)}`;
  return `${text.slice(0, at)}${at > 0 && text[at - 1] !== '\n' ? endOf(text) : ''}${line}${text.slice(at)}`;
}

export function pairOf(map: YAMLMap, name: string): Pair | undefined {
  return map.items.find(({ key }) => isScalar(key) && key.value === name);
}

/** Where a node begins, where its value ends, and where what belongs to its line ends. */
export function rangeOf(node: unknown): readonly [number, number, number] | undefined {
  return (node as { range?: readonly [number, number, number] | null } | null | undefined)?.range ?? undefined;
}

/** What double quotes keep on one line and in the file: line breaks, controls, and what YAML counts among them. */
const UNPLAIN = /[^\x20-\x7e\xa0-\u2027\u202a-\ufefe\uff00-\ufffd\u{10000}-\u{10ffff}]/u;
/** Of these, what the double quotes of the library leave as it is. */
const UNPRINTABLE = /[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]/g;

/** In one line, which may stand between braces. */
export function valueText(value: unknown): string {
  const document = new YamlDocument([value]);
  visit(document, {
    Scalar: (_, scalar) => {
      // Without quotes it would go over several lines, which no key may, or be no character of YAML.
      if (typeof scalar.value === 'string' && UNPLAIN.test(scalar.value)) scalar.type = Scalar.QUOTE_DOUBLE;
    },
  });
  const text = document.toString({ collectionStyle: 'flow', lineWidth: 0, doubleQuotedMinMultiLineLength: Number.POSITIVE_INFINITY });
  const escaped = text.trimEnd().replace(UNPRINTABLE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return escaped.slice(2, -2);
}

export function endOf(text: string): string {
  return text.includes('\r\n') ? '\r\n' : '\n';
}

function isPath(keys: readonly Key[]): keys is Path {
  return keys.length > 0;
}
