import type { AdministrationPorts } from '../administration/ports.ts';
import { RecordTooLarge, RUN_ID } from '../administration/runs.ts';
import { Problem } from '../middleware/problem.ts';
import type { Route } from './route.ts';
import { ref } from './route-schema.ts';

export const readRun: Route<AdministrationPorts> = {
  method: 'GET',
  url: '/runs/:id',
  access: 'admin',
  part: 'admin',
  schema: {
    operationId: 'readRun',
    tag: 'platform',
    summary: 'One run of reconcile: its plan, and what came of each step.',
    params: { id: { description: 'The run’s id, from the list.', schema: { type: 'string', pattern: RUN_ID.source } } },
    answers: { 200: { description: 'The record of the run.', body: ref('Run') } },
    problems: { 404: 'There is no such run.', 409: 'Its record is too large for this API: read it from the bucket.' },
  },
  handler:
    ({ runs }) =>
    async (request, reply) => {
      const { id } = request.params as { id: string };
      const record = RUN_ID.test(id) ? await runs.read(id).catch(tooLarge) : undefined;
      if (record === undefined) throw new Problem(404, 'There is no such run.');
      return reply.headers({ 'cache-control': 'no-store', 'content-type': 'application/json' }).send(Buffer.from(record));
    },
};

function tooLarge(error: unknown): never {
  if (!(error instanceof RecordTooLarge)) throw error;
  throw new Problem(409, 'The record of this run is too large for this API: read it from the bucket for reconciles.');
}
