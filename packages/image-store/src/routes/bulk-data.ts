/** WADO-RS, bulk data: what metadata names by a URL. PS3.18 §10.4.1.1.5. */

import { instanceUrl } from '../base-url.ts';
import type { JsonDataSet, JsonElement } from '../dicom/json.ts';
import { Problem } from '../middleware/problem.ts';
import { swapped } from '../part10/explicit.ts';
import { uidsOf } from '../rows.ts';
import { type Body, multipart } from '../wado/multipart.ts';
import { checkNumbers, pickForm, sendFrames } from './frames.ts';
import { type FoundInstance, findInstance, framesOf } from './instance.ts';
import { negotiate } from './negotiation.ts';
import { baseOf, missing, onlyQuery } from './place.ts';
import type { Route } from './route.ts';
import { undecodable } from './undecodable.ts';

const OCTETS = 'application/octet-stream';
/** Larger values are streamed without a look at them. */
const MAX_SWAPPED = 64 * 1024 * 1024;

export const readBulkData: Route = {
  method: 'GET',
  url: '/studies/:study/series/:series/instances/:instance/bulkdata/*',
  access: 'client',
  handler: (context) => async (request, reply) => {
    const path = (request.params as { '*': string })['*'];
    if (!/^[0-9A-F]{8}(\/\d{1,6}\/[0-9A-F]{8}){0,20}$/i.test(path)) {
      throw new Problem(400, 'The path of bulk data is a tag of eight hexadecimal digits, or such tags with item numbers between them.');
    }
    onlyQuery(request, ['accept']);
    const found = await findInstance(request, reply, context);
    const url = instanceUrl(baseOf(request, context), uidsOf(found.row));
    const choices = negotiate(request, [{ type: 'multipart/related', of: OCTETS }, { type: OCTETS }]);
    const { type, stream } = await undecodable<Body>(async () => {
      if (path.toUpperCase() !== found.metadata.pixels?.tag) return value(found, path.toUpperCase(), `${url}/bulkdata/${path}`);
      const frames = framesOf(found);
      const numbers = Array.from({ length: frames.count }, (_, index) => index + 1);
      checkNumbers(numbers, frames);
      const choice = pickForm(choices, frames);
      return multipart(choice.partType, sendFrames(frames, { numbers, location: `${url}/frames`, context, choice }));
    });
    return reply.header('content-type', type).header('cache-control', 'no-store').send(stream);
  },
};

/** A value that is no pixel data, in one part; its numbers little-endian. */
function value({ metadata, source }: FoundInstance, path: string, location: string): Promise<Body> {
  const span = metadata.bulk[path] ?? missing('This instance has no bulk data of this path.');
  const size = metadata.big_endian ? SIZES[elementAt(metadata.dataset, path)?.vr ?? ''] : undefined;
  return multipart(
    OCTETS,
    (async function* () {
      const small = size !== undefined && span[1] <= MAX_SWAPPED;
      const body = small ? [swapped(await source.read(span), size)] : await source.stream(span);
      yield { type: OCTETS, location, body };
    })(),
  );
}

const SIZES: Readonly<Record<string, number>> = { OW: 2, OF: 4, OL: 4, OD: 8, OV: 8 };

function elementAt(dataset: JsonDataSet, path: string): JsonElement | undefined {
  let [tag = '', ...rest] = path.split('/');
  let current: JsonDataSet | undefined = dataset;
  while (rest.length > 0) {
    const [item = '', next = '', ...others] = rest;
    current = current?.[tag]?.Value?.[Number(item)] as JsonDataSet | undefined;
    [tag, rest] = [next, others];
  }
  return current?.[tag];
}
