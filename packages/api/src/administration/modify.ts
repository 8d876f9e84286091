/** A change of an entry. */
import { isDeepStrictEqual } from 'node:util';
import { parseDocument } from '@mip/catalog/document';
import { EditError } from '@mip/catalog/edit';
import { entryFile, soundPlatforms } from '@mip/catalog/judge-change';
import { isObject, type Members } from '@mip/catalog/merge-patch';
import { patchEntry } from '@mip/catalog/patch';
import { blobHash, type Snapshot, StoreConflict, type StoredFile } from '@mip/catalog/store';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Fault, invalidBody, Problem } from '../middleware/problem.ts';
import { type Answer, judged, nameOf, noSuchEntry, proposed, readObject, sendChange, stored } from './catalog-change.ts';
import { pinImage } from './image.ts';
import type { AdministrationPorts } from './ports.ts';
import { modification } from './words.ts';

/** How often a change is made again on top of somebody else's. */
const TRIES = 5;

export async function modify(ports: AdministrationPorts, request: FastifyRequest, reply: FastifyReply) {
  const name = nameOf(request);
  const patch = readObject(request);
  for (let tries = 1; ; tries++) {
    try {
      return sendChange(reply, await changed(ports, request, name, patch));
    } catch (error) {
      if (!(error instanceof StoreConflict)) throw error;
      if (tries >= TRIES) throw new Problem(409, 'Others keep changing this entry: look at it again, then repeat the request.');
    }
  }
}

async function changed(
  { catalog, registries }: AdministrationPorts,
  request: FastifyRequest,
  name: string,
  patch: Members,
): Promise<Answer> {
  const snapshot = await stored(catalog.open());
  const path = entryFile(name);
  const file = await present(snapshot, path, request);
  const { text, faults } = await patched(snapshot, file, patch, registries);
  if (text === file.text) return { name, made: { state: 'unchanged' }, hash: file.hash };
  const { algorithm, contract, warnings } = await judged(snapshot, { name, text, before: file.text }, faults);
  const files = [...(contract ? [contract] : []), { path, text, was: file.hash }];
  const made = await proposed(catalog, snapshot, modification({ name, fields: fieldsOf(file.text, text), files }));
  return { name, made, version: algorithm.version, hash: blobHash(text), warnings };
}

/** @throws {Problem} 404 without such a file, 412 where it is not the one that `If-Match` asks for. */
export async function present(snapshot: Snapshot, path: string, { headers }: FastifyRequest): Promise<StoredFile> {
  const file = await stored(snapshot.read(path));
  if (!file) throw noSuchEntry();
  const wanted = headers['if-match']?.split(',').map((one) => one.trim());
  if (wanted && !wanted.includes('*') && !wanted.includes(`"${file.hash}"`))
    throw new Problem(412, 'The entry is not the one of If-Match: read it again, and decide again.');
  return file;
}

async function patched(snapshot: Snapshot, { text }: StoredFile, patch: Members, registries: AdministrationPorts['registries']) {
  const { value, problems } = parseDocument(text, '');
  if (problems.length > 0 || !isObject(value))
    throw new Problem(409, 'The file of the entry cannot be read: mend it in the catalog; mip validate says where.');
  const { image_uri: uri } = patch;
  const image =
    typeof uri === 'string' && uri !== value.image_uri
      ? await pinImage(uri, await stored(soundPlatforms(snapshot)), registries)
      : undefined;
  const faults: readonly Fault[] = image?.fault === undefined ? [] : [{ pointer: '/image_uri', detail: image.fault }];
  try {
    return { text: patchEntry(text, image ? { ...patch, image_uri: image.uri } : patch), faults };
  } catch (error) {
    if (!(error instanceof EditError)) throw error;
    throw invalidBody([{ pointer: '', detail: error.message }]);
  }
}

function fieldsOf(before: string, after: string): readonly string[] {
  const [old, now] = [parseDocument(before, '').value as Members, parseDocument(after, '').value as Members];
  return [...new Set([...Object.keys(old), ...Object.keys(now)])].filter((field) => !isDeepStrictEqual(old[field], now[field]));
}
