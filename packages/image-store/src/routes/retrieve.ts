/** WADO-RS, instances as DICOM files: PS3.18 §10.4.1.1. */
import { instanceUrl } from '../base-url.ts';
import type { StoredObject } from '../image-index.ts';
import { canTranscode, toPart10 } from '../part10/transcode.ts';
import { ByteSource, Unreadable } from '../pixels/byte-source.ts';
import { EXPLICIT } from '../pixels/syntaxes.ts';
import type { Context } from '../ports.ts';
import { readAhead } from '../read-ahead.ts';
import { type InstanceRow, uidsOf } from '../rows.ts';
import { readMetadata } from '../stored-metadata.ts';
import { multipart, type Part, primed } from '../wado/multipart.ts';
import type { Choice } from '../wado/negotiate.ts';
import { negotiate, notAcceptable } from './negotiation.ts';
import { baseOf, missing, NOT_HERE, onlyQuery, readUids, untilClosed } from './place.ts';
import type { Route } from './route.ts';
import { undecodable } from './undecodable.ts';

/** Instances asked of S3 before the client has those in front of them. */
const AHEAD = 4;
/** Up to this size they are read ahead whole; a larger one is opened when its turn comes, as S3 closes a connection that waits. */
const WHOLE_BYTES = 2 * 1024 * 1024;
const DICOM = 'application/dicom';

const retrieve = (url: string): Route => ({
  method: 'GET',
  url,
  access: 'client',
  handler: (context) => async (request, reply) => {
    const uids = readUids(request);
    onlyQuery(request, ['accept']);
    const single = uids.instance !== undefined;
    const choices = negotiate(request, [{ type: 'multipart/related', of: DICOM }, ...(single ? [{ type: DICOM }] : [])]);
    const objects = await find(context, uids);
    const [choice, forms] = pick(choices, objects);
    const sender = new Sender(context, { base: baseOf(request, context), signal: untilClosed(reply), forms });
    const parts = readAhead(objects, AHEAD, (object) => sender.part(object), discard);
    reply.header('cache-control', 'no-store');
    if (choice.type !== DICOM) {
      const { type, stream } = await undecodable(() => multipart(DICOM, parts));
      return reply.header('content-type', type).send(stream);
    }
    return undecodable(async () => {
      const { value: part } = (await parts.next()) as IteratorYieldResult<Part>;
      const stream = await primed(chunks(part.body));
      return reply.header('content-type', part.type).header('content-location', part.location).send(stream);
    });
  },
});

export const retrieveRoutes: readonly Route[] = [
  retrieve('/studies/:study'),
  retrieve('/studies/:study/series/:series'),
  retrieve('/studies/:study/series/:series/instances/:instance'),
];

type Uids = ReturnType<typeof readUids>;

async function find({ index }: Context, { study = '', series, instance }: Uids): Promise<readonly (StoredObject | InstanceRow)[]> {
  if (series !== undefined && instance !== undefined) {
    const row = await index.instance({ study, series, instance });
    return row ? [row] : missing(NOT_HERE.instance);
  }
  const objects: StoredObject[] = [];
  for await (const object of index.objectsOf(study, series)) objects.push(object);
  return objects.length > 0 ? objects : missing(NOT_HERE[series === undefined ? 'study' : 'series']);
}

type Form = 'stored' | 'explicit';

/** The first choice of the client in which every instance can be sent, and the form of each transfer syntax. */
function pick(choices: readonly [Choice, ...Choice[]], objects: readonly StoredObject[]): readonly [Choice, ReadonlyMap<string, Form>] {
  const syntaxes = [...new Set(objects.map(({ transfer_syntax }) => transfer_syntax))];
  for (const choice of choices) {
    const forms = syntaxes.flatMap((syntax) => {
      const form = formOf(choice.transferSyntax, syntax);
      return form ? [[syntax, form] as const] : [];
    });
    if (forms.length === syntaxes.length) return [choice, new Map(forms)];
  }
  throw notAcceptable(
    'there are images whose transfer syntax is neither the one asked for nor one that this store decodes to Explicit VR Little Endian. ' +
      'Ask for transfer-syntax=* to have them as they were stored',
  );
}

/** PS3.18 §8.7.3.5.2: without a transfer syntax, Explicit VR Little Endian is meant. */
function formOf(asked: string | undefined, stored: string): Form | undefined {
  if (asked === '*' || asked === stored) return 'stored';
  if (asked !== undefined && asked !== EXPLICIT) return undefined;
  if (stored === EXPLICIT) return 'stored';
  return canTranscode(stored) ? 'explicit' : undefined;
}

interface Sending {
  readonly base: string;
  readonly signal: AbortSignal;
  readonly forms: ReadonlyMap<string, Form>;
}

class Sender {
  readonly #context: Context;
  readonly #sending: Sending;

  constructor(context: Context, sending: Sending) {
    this.#context = context;
    this.#sending = sending;
  }

  async part(object: StoredObject | InstanceRow): Promise<Part> {
    const { base, forms } = this.#sending;
    const stored = forms.get(object.transfer_syntax) === 'stored';
    const syntax = stored ? object.transfer_syntax : EXPLICIT;
    return {
      type: `${DICOM}; transfer-syntax=${syntax}`,
      location: instanceUrl(base, uidsOf(object)),
      body: stored ? await this.#stored(object) : await this.#explicit(object),
    };
  }

  async #stored(object: StoredObject): Promise<Part['body']> {
    const source = new ByteSource(this.#context.objects, object, undefined, this.#sending.signal);
    if (object.size > WHOLE_BYTES) return counted(() => source.file(), object.size);
    const pieces: Buffer[] = [];
    for await (const piece of counted(() => source.file(), object.size)) pieces.push(piece);
    return pieces;
  }

  /** Of many instances no metadata was read before: a study's would not fit in memory. */
  async #explicit(object: StoredObject | InstanceRow): Promise<Part['body']> {
    const { index, objects, pixels } = this.#context;
    const row = 'sha256' in object ? object : ((await index.instance(uidsOf(object))) ?? missing(NOT_HERE.instance));
    const metadata = await readMetadata(row, objects);
    return toPart10({ row, metadata, source: new ByteSource(objects, row, metadata, this.#sending.signal) }, pixels);
  }
}

/** All of a stream, opened when it is asked for: one that ends early is an error, not a short file. */
async function* counted(open: () => Promise<AsyncIterable<Buffer>>, size: number): AsyncGenerator<Buffer> {
  let seen = 0;
  for await (const chunk of await open()) {
    seen += chunk.length;
    yield chunk;
  }
  if (seen !== size) throw new Unreadable('the object of an instance ended early');
}

async function* chunks(body: Part['body']): AsyncGenerator<Buffer> {
  yield* body;
}

function discard({ body }: Part): void {
  if ('destroy' in body) (body as { destroy(): void }).destroy();
}
