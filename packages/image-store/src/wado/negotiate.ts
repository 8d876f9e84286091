/**
 * What a client accepts, against what a resource can be sent as: PS3.18 §8.7. Parsing is content-type's; the rules for multipart and
 * transfer syntaxes are DICOM's own. No I/O.
 */
import { parse } from 'content-type';

/** One media range of an Accept header. */
export interface MediaRange {
  /** In lower case: `multipart/related`, `application/*`. */
  readonly type: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly q: number;
}

/** A form in which a resource can be sent. */
export interface Offer {
  readonly type: string;
  /** Of the parts, where `type` is multipart. */
  readonly of?: string;
}

/** An offer that the client takes. `transferSyntax` is as it asked for: a UID, `*`, or absent where it named none. */
export interface Choice extends Offer {
  readonly transferSyntax?: string;
}

interface Candidate extends Choice {
  readonly q: number;
  /** How precisely the client's range names the offer: RFC 9110 §12.5.1. */
  readonly precision: number;
}

const MAX_RANGES = 50;

/** The ranges of an `Accept` header, or of the query parameter `accept`, which comes first: PS3.18 §8.3.3.1. None is all of them. */
export function readAccept(header: string | undefined, query?: string): readonly MediaRange[] {
  // A plus sign in a query stands for a space.
  const text = query?.replace(/(dicom|svg) (?=json|xml)/g, '$1+') || header?.trim() || '*/*';
  const ranges: MediaRange[] = [];
  for (let start = 0; start < text.length && ranges.length < MAX_RANGES; ) {
    const { type, parameters, index } = parse(text, { comma: true, start });
    const { q, ...others } = parameters;
    const weight = q === undefined ? 1 : Number(q);
    if (type.includes('/')) ranges.push({ type: type.toLowerCase(), parameters: others, q: weight >= 0 && weight <= 1 ? weight : 0 });
    start = index + 1;
  }
  return ranges;
}

/** What the client takes of the offers, what it prefers first; the order of the offers decides between equals. Empty: 406. */
export function choose(ranges: readonly MediaRange[], offers: readonly Offer[]): readonly Choice[] {
  const taken = offers.flatMap((offer) => {
    const candidates = ranges.flatMap((range) => match(range, offer) ?? []);
    return bySyntax(candidates);
  });
  return taken
    .filter(({ q }) => q > 0)
    .sort((one, other) => other.q - one.q)
    .map(({ q: _q, precision: _precision, ...choice }) => choice);
}

/** Of ranges that ask for one transfer syntax, the most precise one says how much it is liked. */
function bySyntax(candidates: readonly Candidate[]): readonly Candidate[] {
  const best = new Map<string, Candidate>();
  for (const candidate of candidates) {
    const key = candidate.transferSyntax ?? '';
    const known = best.get(key);
    if (!known || candidate.precision > known.precision) best.set(key, candidate);
  }
  return [...best.values()];
}

function match(range: MediaRange, offer: Offer): Candidate | undefined {
  const [major, minor] = range.type.split('/');
  const [offeredMajor, offeredMinor] = offer.type.split('/');
  if (major !== '*' && major !== offeredMajor) return undefined;
  if (minor !== '*' && minor !== offeredMinor) return undefined;
  const { type: of, 'transfer-syntax': transferSyntax } = range.parameters;
  if (of !== undefined && offer.of !== undefined && !coversPart(of.toLowerCase(), offer.of)) return undefined;
  const precision = (major === '*' ? 0 : 2) + (minor === '*' ? 0 : 2) + (of === undefined ? 0 : 1);
  return { ...offer, ...(transferSyntax !== undefined && { transferSyntax }), q: range.q, precision };
}

function coversPart(asked: string, offered: string): boolean {
  if (asked === offered || asked === '*/*') return true;
  return asked.endsWith('/*') && offered.startsWith(asked.slice(0, -1));
}
