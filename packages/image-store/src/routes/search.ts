import type { FastifyRequest } from 'fastify';
import { Problem } from '../middleware/problem.ts';
import type { Context } from '../ports.ts';
import { BadQuery, type Level, type Query, readQuery } from '../qido/query.ts';
import { type Found, type SearchPorts, search } from '../qido/search.ts';
import { readMetadata } from '../stored-metadata.ts';
import { negotiate } from './negotiation.ts';
import { baseOf, readUids } from './place.ts';
import type { Route } from './route.ts';

/** QIDO-RS: PS3.18 §10.6. Nothing found is an empty list, not 204. */
const searchFor = (level: Level, url: string): Route => ({
  method: 'GET',
  url,
  access: 'client',
  handler: (context) => async (request, reply) => {
    const { study, series } = readUids(request);
    const [{ type }] = negotiate(request, [{ type: 'application/dicom+json' }, { type: 'application/json' }]);
    const query = readParameters(request, level);
    const base = baseOf(request, context);
    const found = await search(portsOf(context), query, { level, base, ...(study && { study }), ...(series && { series }) });
    const warnings = warningsOf(query, found).map((text) => `299 ${base} "${text}"`);
    if (warnings.length > 0) reply.header('warning', warnings.join(', '));
    return reply
      .header('content-type', type)
      .header('cache-control', 'no-store')
      .send(Buffer.from(JSON.stringify(found.results)));
  },
});

export const searchRoutes: readonly Route[] = [
  searchFor('study', '/studies'),
  searchFor('series', '/series'),
  searchFor('instance', '/instances'),
  searchFor('series', '/studies/:study/series'),
  searchFor('instance', '/studies/:study/instances'),
  searchFor('instance', '/studies/:study/series/:series/instances'),
];

function readParameters(request: FastifyRequest, level: Level): Query {
  try {
    return readQuery(request.query as Record<string, string | string[]>, level);
  } catch (error) {
    if (error instanceof BadQuery) throw new Problem(400, error.message);
    throw error;
  }
}

function portsOf({ index, search: studies, objects }: Context): SearchPorts {
  return { index, search: studies, dataset: async (row) => (await readMetadata(row, objects)).dataset };
}

/** In the standard's own words where it has some. */
function warningsOf({ fuzzy, limit }: Query, { more, unfinished }: Found): readonly string[] {
  return [
    ...(fuzzy ? ['The fuzzymatching parameter is not supported. Only literal matching has been performed.'] : []),
    ...(more ? [`There are additional results that can be requested: these are ${limit}; go on with offset.`] : []),
    ...(unfinished ? ['The search was ended before all was seen: narrow it by PatientID, AccessionNumber, StudyDate or a UID.'] : []),
  ];
}
