/** The engine by itself, as the action `plan` calls it, without GitHub: `engine-plan.ts REPOSITORY PLATFORM` prints the plan's digest and its changes. */
import { loadCatalog } from '@mip/catalog/load';
import { openRegion, plan, publishedByBuild } from '@mip/reconcile';

async function planOnce(root: string, platformName: string): Promise<void> {
  const { algorithms, platforms } = await loadCatalog(root, { platform: platformName });
  const platform = platforms.find(({ name }) => name === platformName);
  if (!platform) throw new Error(`${root} has no platform ${platformName}`);
  const catalog = { root, algorithms, platform };
  const { aws, input } = await openRegion(catalog, { connection: { region: platform.regions[0] }, images: publishedByBuild });
  const { plan: made } = await plan(aws, input);
  process.stdout.write(`${JSON.stringify({ digest: made.digest, changes: made.changes.length })}\n`);
}

const [repository = '', platformName = ''] = process.argv.slice(2);
void planOnce(repository, platformName);
