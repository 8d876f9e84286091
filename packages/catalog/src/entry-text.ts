/** Values as the text of an entry, as people write one: a field a line, lists and mappings of several things a line each. Pure. */
import { valueText } from './edit.ts';
import { isObject } from './merge-patch.ts';
import { FIELD_ORDER } from './rules/style.ts';

/** What stands behind the key of a field: on its line, or on lines of their own. */
export interface FieldText {
  readonly inline?: string;
  readonly lines?: readonly string[];
}

/** @param indent of the field's own line */
export function fieldText(value: unknown, indent: string): FieldText {
  const items = Array.isArray(value) ? value : isObject(value) ? Object.values(value) : [];
  if (!items.some((item) => typeof item === 'object' && item !== null && Object.keys(item).length > 0)) return { inline: valueText(value) };
  const line = (item: unknown) => `${indent}  - ${valueText(item)}`;
  if (Array.isArray(value)) return { lines: value.map(line) };
  return { lines: Object.entries(value as object).map(([key, item]) => `${indent}  ${valueText(key)}: ${valueText(item)}`) };
}

/** The place of a field among those of an entry; what the schema does not know comes last. */
export function placeOf(field: string): number {
  const place = (FIELD_ORDER as readonly string[]).indexOf(field);
  return place < 0 ? FIELD_ORDER.length : place;
}

/**
 * A new entry.
 *
 * @param notes comments at the ends of fields' lines
 */
export function entryText(entry: Readonly<Record<string, unknown>>, notes: ReadonlyMap<string, string> = new Map()): string {
  const fields = Object.entries(entry).toSorted(([a], [b]) => placeOf(a) - placeOf(b));
  const lines = fields.flatMap(([key, value]) => {
    const { inline, lines = [] } = fieldText(value, '');
    const note = notes.get(key);
    return [`${valueText(key)}:${inline === undefined ? '' : ` ${inline}`}${note === undefined ? '' : ` # ${note}`}`, ...lines];
  });
  return `${lines.join('\n')}\n`;
}
