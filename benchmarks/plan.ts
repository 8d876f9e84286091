/**
 * The process that the plan cases time: load, validate, desire, observe, plan, and nothing to change. `plan.ts REPOSITORY SOCKET` prints how
 * many algorithms, changes and AWS calls; AWS is another process at the socket.
 */
import { loadCatalog } from '@mip/catalog/load';
import { plan } from '@mip/reconcile/reconcile';
import { connect } from './remote-aws.ts';
import { PLATFORM, wanted } from './wanted.ts';

async function planOnce(repository: string, socket: string): Promise<void> {
  const { aws, close } = await connect(socket);
  const { algorithms } = await loadCatalog(repository, { platform: PLATFORM });
  const { plan: made } = await plan(aws, wanted(algorithms, algorithms.length));
  close();
  process.stdout.write(`${JSON.stringify({ algorithms: algorithms.length, changes: made.changes.length, calls: aws.calls.total })}\n`);
}

const [repository = '', socket = ''] = process.argv.slice(2);
void planOnce(repository, socket);
