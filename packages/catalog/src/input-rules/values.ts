/** What a data set in DICOM JSON (PS3.18 Annex F) has to say about one attribute. Any JSON is looked at without a fault. */

/** A data set: what lies under a tag may be anything, it comes from outside. */
export type Dataset = Readonly<Record<string, unknown>>;
export type Scalar = string | number | boolean;

/** What is known of an attribute or a fact. */
export interface Seen {
  /** Those that can be compared; text without padding, never empty. */
  readonly values: readonly Scalar[];
  /** Whether there is something, though perhaps nothing that can be compared. */
  readonly present: boolean;
  /** Whether there are values beside these, which are not known. */
  readonly more: boolean;
  /** All values as DICOM writes them, with backslashes between; only of several that are text. */
  readonly joined?: string;
  /** Whether the values are numbers by their type. */
  readonly numeric: boolean;
}

const NUMERIC = new Set(['DS', 'IS', 'FL', 'FD', 'SL', 'SS', 'SV', 'UL', 'US', 'UV']);
const TEXT = new Set(['AE', 'AS', 'AT', 'CS', 'DA', 'DT', 'LO', 'LT', 'PN', 'SH', 'ST', 'TM', 'UC', 'UI', 'UR', 'UT']);
const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;

export function isNumeric(vr: string): boolean {
  return NUMERIC.has(vr);
}

export function isText(vr: string): boolean {
  return TEXT.has(vr);
}

/** The attribute under a tag; nothing where the data set does not have it. */
export function readAttribute(dataset: Dataset, tag: string): Seen | undefined {
  const element = members(dataset[tag]);
  if (!element) return undefined;
  const vr = typeof element.vr === 'string' ? element.vr : '';
  const numeric = isNumeric(vr);
  const given = Array.isArray(element.Value) ? element.Value : [];
  if (!numeric && !isText(vr)) {
    const present = given.length > 0 || element.BulkDataURI !== undefined || element.InlineBinary !== undefined;
    return { values: [], present, more: false, numeric };
  }
  const read = given.map((value) => (numeric ? decimal(value) : text(value)));
  const values = read.filter((value) => value !== undefined && value !== '') as Scalar[];
  return {
    values,
    present: given.some((value) => value !== null && text(value) !== ''),
    more: numeric && values.length < given.length,
    ...(!numeric && given.length > 1 && { joined: read.join('\\') }),
    numeric,
  };
}

/** The items of a sequence; none where there is no such sequence. */
export function itemsOf(dataset: Dataset, tag: string): readonly Dataset[] {
  const element = members(dataset[tag]);
  const given: readonly unknown[] = Array.isArray(element?.Value) ? element.Value : [];
  return given.map(members).filter((item) => item !== undefined);
}

/** The number that a value is, or that its text writes; nothing otherwise. */
export function decimal(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  const written = typeof value === 'string' ? strip(value) : '';
  const number = DECIMAL.test(written) ? Number(written) : Number.NaN;
  return Number.isFinite(number) ? number : undefined;
}

/** Text without the spaces and NULs that DICOM pads with. */
export function strip(value: string): string {
  let [start, end] = [0, value.length];
  while (start < end && isPadding(value[start])) start++;
  while (end > start && isPadding(value[end - 1])) end--;
  return value.slice(start, end);
}

function isPadding(character: string | undefined): boolean {
  return character === ' ' || character === '\0';
}

/** A name by its alphabetic group. */
function text(value: unknown): string | undefined {
  const written = typeof value === 'object' ? members(value)?.Alphabetic : value;
  if (typeof written === 'string') return strip(written);
  return typeof written === 'number' ? String(written) : undefined;
}

function members(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
}
