import { type Answer, type Header, ref } from './route-schema.ts';

const TEXT = { type: 'string' };
export const ETAG: Header = {
  description: 'Of the entry’s file as it will be: for `If-Match` of the next change.',
  schema: TEXT,
  optional: true,
};

/** What a change of the catalog is answered with. */
export const CHANGE_ANSWER: Answer = {
  description: 'The change is proposed, or written; `href` is where to follow it.',
  body: ref('CatalogChange'),
  headers: { location: { description: 'The pull request, or the algorithm.', schema: TEXT }, etag: ETAG },
};
