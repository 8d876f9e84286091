/** An algorithm that is new to the catalog. */
import { isDeepStrictEqual } from 'node:util';
import { parseDocument } from '@mip/catalog/document';
import { EditError } from '@mip/catalog/edit';
import { entryText } from '@mip/catalog/entry-text';
import { entryFile, releasedVersions, soundPlatforms } from '@mip/catalog/judge-change';
import type { Members } from '@mip/catalog/merge-patch';
import { blobHash, type Snapshot, StoreConflict } from '@mip/catalog/store';
import { isAlgorithmName } from '@mip/registry/names';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Fault, invalidBody, Problem } from '../middleware/problem.ts';
import { judged, proposed, readObject, sendChange, stored } from './catalog-change.ts';
import { type Draft, draftEntry } from './draft.ts';
import { pinImage } from './image.ts';
import type { AdministrationPorts } from './ports.ts';
import { registration } from './words.ts';

/** A file that no entry has: a body whose name is none is judged as if it were there. */
const NAMELESS = 'nameless';

export async function register({ catalog, registries }: AdministrationPorts, request: FastifyRequest, reply: FastifyReply) {
  const body = readObject(request);
  const snapshot = await stored(catalog.open());
  const name = isAlgorithmName(body.name) ? body.name : NAMELESS;
  if (await stored(snapshot.read(entryFile(name)))) throw taken();
  const { text, draft, faults } = await drafted(snapshot, name, body, registries);
  const { algorithm, contract, warnings } = await judged(snapshot, { name, text }, faults);
  const files = [...(contract ? [contract] : []), { path: entryFile(name), text, was: undefined }];
  const { version } = algorithm;
  const change = registration({ name, version, files, placeholders: draft.placeholders });
  const made = await proposed(catalog, snapshot, change).catch((error: unknown) => {
    throw error instanceof StoreConflict ? taken() : error;
  });
  return sendChange(reply, { name, made, version, hash: blobHash(text), placeholders: draft.placeholders, warnings });
}

function taken(): Problem {
  return new Problem(409, 'The catalog has an algorithm of this name: change it with PATCH, or choose another name.');
}

/** The text of the entry, with what cannot be told from the text. */
async function drafted(snapshot: Snapshot, name: string, body: Members, registries: AdministrationPorts['registries']) {
  const platforms = await stored(soundPlatforms(snapshot));
  const draft = draftEntry(body, { versions: await stored(releasedVersions(snapshot, name)), platforms });
  const image = typeof draft.entry.image_uri === 'string' ? await pinImage(draft.entry.image_uri, platforms, registries) : undefined;
  const faults: readonly Fault[] = image?.fault === undefined ? [] : [{ pointer: '/image_uri', detail: image.fault }];
  const entry = image ? { ...draft.entry, image_uri: image.uri } : draft.entry;
  return { text: written(entry, draft, image?.tag), draft, faults };
}

function written(entry: Members, { placeholders }: Draft, tag: string | undefined): string {
  const notes = new Map(placeholders.map(({ field, detail }) => [field, `placeholder: ${detail}`]));
  if (tag !== undefined) notes.set('image_uri', `the tag ${tag}, when it was registered`);
  const text = entryText(entry, notes);
  if (isDeepStrictEqual(parseDocument(text, '').value, entry)) return text;
  throw invalidBody([{ pointer: '', detail: new EditError('holds a value that YAML cannot have').message }]);
}
