/** Where AWS's console shows what the workers of an algorithm write. Pure. */
import type { Platform } from '@mip/reconcile';
import { text } from '@mip/reconcile/report/markdown';

/** The most algorithms that get a link. */
const MOST_LINKS = 20;

type Place = Pick<Platform, 'region'> & { readonly facts: Pick<Platform['facts'], 'log_group'> };

/** The stream prefix of an algorithm's tasks is its name. */
export function logUrl({ region, facts }: Place, algorithm: string): string {
  const fragment = `${asFragment(facts.log_group)}$3FlogStreamNameFilter$3D${asFragment(algorithm)}`;
  return `https://${region}.console.aws.amazon.com/cloudwatch/home?region=${region}#logsV2:log-groups/log-group/${fragment}`;
}

/** The console escapes twice, and writes `$` for the second `%`. */
function asFragment(name: string): string {
  return encodeURIComponent(encodeURIComponent(name)).replaceAll('%', '$');
}

/** One line of Markdown; '' where there is no algorithm. */
export function logLine(place: Place, algorithms: readonly string[]): string {
  if (algorithms.length === 0) return '';
  const links = algorithms.slice(0, MOST_LINKS).map((algorithm) => `[${text(algorithm)}](${logUrl(place, algorithm)})`);
  const more = algorithms.length > MOST_LINKS ? ` and ${algorithms.length - MOST_LINKS} more` : '';
  return `Logs of the workers in ${place.region}: ${links.join(', ')}${more}.`;
}
