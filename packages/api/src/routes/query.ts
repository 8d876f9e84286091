/** Reads a query as the route's schema has it: what the document says of a parameter is what holds. */
import type { FastifyRequest } from 'fastify';
import { Problem } from '../middleware/problem.ts';
import type { RouteSchema } from './route-schema.ts';

/** The few keywords that parameters of a query are described with. */
interface Rules {
  readonly type: 'string' | 'integer';
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
}

/**
 * The parameters that came, each once and as its schema asks; an integer is still its digits.
 *
 * @throws {Problem} 400 that names the first one at fault, never its value.
 */
export function queryOf(request: FastifyRequest, { query = {} }: RouteSchema): Readonly<Record<string, string | undefined>> {
  const given = request.query as Readonly<Record<string, string | readonly string[]>>;
  const names = Object.keys(query);
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(query, name)) throw new Problem(400, `The query takes ${names.join(', ')}, and nothing else.`);
    if (typeof value !== 'string') throw new Problem(400, `Give ${name} once.`);
    const fault = faultOf(value, query[name]?.schema as unknown as Rules);
    if (fault) throw new Problem(400, `${name} is ${fault}.`);
  }
  return { ...given } as Readonly<Record<string, string | undefined>>;
}

/** What it should be, where it is not. */
function faultOf(value: string, rules: Rules): string | undefined {
  if (rules.enum) return rules.enum.includes(value) ? undefined : `one of ${rules.enum.join(', ')}`;
  if (rules.type === 'integer') {
    const { minimum = 0, maximum = Number.MAX_SAFE_INTEGER } = rules;
    const number = /^[0-9]{1,9}$/.test(value) ? Number(value) : Number.NaN;
    return number >= minimum && number <= maximum ? undefined : `a whole number from ${minimum} to ${maximum}`;
  }
  return new RegExp(rules.pattern ?? '', 'u').test(value) ? undefined : `not written as it has to be: it matches ${rules.pattern}`;
}
