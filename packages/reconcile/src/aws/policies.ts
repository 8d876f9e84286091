/** Policy documents as objects that can be compared field by field: AWS does not give a document back letter by letter. Pure. */

import canonicalize from 'canonicalize';

export type Statement = Readonly<Record<string, unknown>>;

/** Statements by their `Sid`, so that a difference names the one it is in. Lists in a statement are sorted; a list of one is that one. */
export interface PolicyDocument {
  readonly Version: string;
  readonly Statement: Readonly<Record<string, Statement>>;
}

/** Of statements by their `Sid`. */
export function policy(statements: Readonly<Record<string, Statement>>): PolicyDocument {
  return { Version: '2012-10-17', Statement: normal(statements) as Record<string, Statement> };
}

/** As AWS takes it. */
export function policyText({ Version, Statement }: PolicyDocument): string {
  return JSON.stringify({ Version, Statement: Object.entries(Statement).map(([Sid, rest]) => ({ Sid, ...rest })) });
}

/** A statement without a `Sid` is known by its place, like `#0`. @param text JSON. @throws SyntaxError */
export function readPolicy(text: string): PolicyDocument {
  const { Version = '2008-10-17', Statement } = JSON.parse(text) as { Version?: string; Statement: Statement | Statement[] };
  const statements = [Statement].flat().map(({ Sid, ...rest }, place) => [Sid ? String(Sid) : `#${place}`, rest] as const);
  return { ...policy(Object.fromEntries(statements)), Version };
}

function normal(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 1 ? normal(value[0]) : value.map(normal).sort(byText);
  if (typeof value !== 'object' || value === null) return value;
  const result: Record<string, unknown> = {}; // of many thousand policies: no list of entries between the two objects
  for (const [key, one] of Object.entries(value)) result[key] = key === 'Principal' ? everybody(one) : normal(one);
  return result;
}

/** `{ "AWS": "*" }` is another way to write `"*"`. */
function everybody(principal: unknown): unknown {
  if (typeof principal === 'string') return principal;
  const plain = normal(principal);
  return canonicalize(plain) === '{"AWS":"*"}' ? '*' : plain;
}

function byText(a: unknown, b: unknown): number {
  if (typeof a === 'string' && typeof b === 'string') return a < b ? -1 : 1;
  return (canonicalize(a) ?? '') < (canonicalize(b) ?? '') ? -1 : 1;
}
