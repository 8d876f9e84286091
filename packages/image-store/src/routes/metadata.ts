/** WADO-RS, metadata: PS3.18 §10.4.1.1.2. From the index alone; binary values are named by URLs. */

import { instanceUrl } from '../base-url.ts';
import type { DescribedInstance } from '../image-index.ts';
import type { Context } from '../ports.ts';
import { readAhead } from '../read-ahead.ts';
import { uidsOf } from '../rows.ts';
import { readDataset } from '../stored-metadata.ts';
import { primed } from '../wado/multipart.ts';
import { negotiate } from './negotiation.ts';
import { baseOf, missing, NOT_HERE, onlyQuery, readUids } from './place.ts';
import type { Route } from './route.ts';
import { undecodable } from './undecodable.ts';

/** Rows unpacked before they are sent. */
const AHEAD = 8;
/** Sent at a time. */
const CHUNK_CHARACTERS = 64 * 1024;

const metadata = (url: string): Route => ({
  method: 'GET',
  url: `${url}/metadata`,
  access: 'client',
  handler: (context) => async (request, reply) => {
    const uids = readUids(request);
    onlyQuery(request, ['accept']);
    const [{ type }] = negotiate(request, [{ type: 'application/dicom+json' }, { type: 'application/json' }]);
    const base = baseOf(request, context);
    const texts = readAhead(rows(context, uids), AHEAD, (row) => describe(row, context, base));
    const stream = await undecodable(() => primed(array(texts, levelOf(uids))));
    return reply.header('content-type', type).header('cache-control', 'no-store').send(stream);
  },
});

export const metadataRoutes: readonly Route[] = [
  metadata('/studies/:study'),
  metadata('/studies/:study/series/:series'),
  metadata('/studies/:study/series/:series/instances/:instance'),
];

type Uids = ReturnType<typeof readUids>;

const levelOf = ({ series, instance }: Uids) => (instance !== undefined ? 'instance' : series !== undefined ? 'series' : 'study');

async function* rows({ index }: Context, { study = '', series, instance }: Uids): AsyncGenerator<DescribedInstance> {
  if (series === undefined || instance === undefined) return yield* index.metadataOf(study, series);
  const row = await index.instance({ study, series, instance });
  if (row) yield row;
}

async function describe(row: DescribedInstance, { objects }: Context, base: string): Promise<string> {
  const dataset = await readDataset(row, objects);
  const url = instanceUrl(base, uidsOf(row));
  // In a text value the quotes would be escaped: only members of this name match.
  return dataset.replaceAll('"BulkDataURI":"mip-bulk:', `"BulkDataURI":"${url}/bulkdata/`);
}

async function* array(texts: AsyncIterable<string>, level: keyof typeof NOT_HERE): AsyncGenerator<Buffer> {
  let text = '';
  let any = false;
  for await (const one of texts) {
    text += (any ? ',' : '[') + one;
    any = true;
    if (text.length < CHUNK_CHARACTERS) continue;
    yield Buffer.from(text);
    text = '';
  }
  if (!any) missing(NOT_HERE[level]);
  yield Buffer.from(`${text}]`);
}
