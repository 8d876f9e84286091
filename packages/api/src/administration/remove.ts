/** The removal of an entry. */
import { entryFile } from '@mip/catalog/judge-change';
import { StoreConflict } from '@mip/catalog/store';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Problem } from '../middleware/problem.ts';
import { nameOf, proposed, sendChange, stored } from './catalog-change.ts';
import { present } from './modify.ts';
import type { AdministrationPorts } from './ports.ts';
import { removal } from './words.ts';

export async function remove({ catalog }: AdministrationPorts, request: FastifyRequest, reply: FastifyReply) {
  const name = nameOf(request);
  const snapshot = await stored(catalog.open());
  const path = entryFile(name);
  const { hash } = await present(snapshot, path, request);
  const made = await proposed(catalog, snapshot, removal(name, [{ path, text: null, was: hash }])).catch((error: unknown) => {
    if (!(error instanceof StoreConflict)) throw error;
    throw new Problem(409, 'Somebody changed this entry at the same moment: look at it again, then repeat the request.');
  });
  return sendChange(reply, { name, made });
}
