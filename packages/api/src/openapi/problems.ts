/** The problems that every route of its access, its path and its body answers with: said once, here. Pure. */
import type { Route } from '../routes/route.ts';
import type { Header } from '../routes/route-schema.ts';

export interface SharedProblem {
  /** Under `components.responses`. */
  readonly name: string;
  readonly description: string;
  readonly headers?: Readonly<Record<string, Header>>;
  /** Whether a route can answer so at all. */
  readonly of: (route: Pick<Route, 'access' | 'url' | 'schema'>) => boolean;
}

const SECONDS: Header = { description: 'When to come back: seconds.', schema: { type: 'string', pattern: '^[0-9]+$' } };
const hasBody = ({ schema }: Pick<Route, 'schema'>) => schema.body !== undefined;

export const SHARED_PROBLEMS: Readonly<Record<number, SharedProblem>> = {
  400: {
    name: 'BadRequest',
    description: 'The path is no URL, the query is not as it has to be, or the body is empty or no JSON.',
    of: () => true,
  },
  401: {
    name: 'Unauthorized',
    description: 'There is no key, or one that does not hold.',
    headers: { 'www-authenticate': { description: 'Which header the key goes into.', schema: { type: 'string' } } },
    of: ({ access }) => access !== 'everybody',
  },
  405: {
    name: 'MethodNotAllowed',
    description: 'The path does not answer to this method.',
    headers: { allow: { description: 'The methods that it answers to.', schema: { type: 'string' } } },
    of: () => false, // what is an operation here is possible
  },
  413: { name: 'ContentTooLarge', description: "The body is larger than the platform's `limits.max_request_bytes`.", of: hasBody },
  414: { name: 'PathTooLong', description: 'A part of the path has more than 100 characters.', of: ({ url }) => url.includes(':') },
  415: { name: 'UnsupportedMediaType', description: 'The body is of a media type that this operation does not take.', of: hasBody },
  429: {
    name: 'TooManyRequests',
    description: 'You sent more than your limits allow.',
    headers: { 'retry-after': SECONDS },
    of: ({ access }) => access === 'client' || access === 'reader',
  },
  500: { name: 'InternalError', description: 'A fault of ours; nothing that a client sends causes it.', of: () => true },
  503: {
    name: 'Unavailable',
    description: 'A part of the platform is busy or does not answer: repeat the request.',
    headers: { 'retry-after': SECONDS },
    of: ({ access }) => access !== 'everybody',
  },
};
