/** Pages of a list, and the header that leads from one to the next. */

export interface Page {
  readonly data: unknown;
  readonly link?: string;
}

const MOST = 100;

/** The list in an answer: the answer itself, or what stands beside its total. */
function listIn(data: unknown): { list: readonly unknown[]; key?: string } | undefined {
  if (Array.isArray(data)) return { list: data };
  if (typeof data !== 'object' || data === null || !('total_count' in data || 'total_commits' in data)) return undefined;
  const [key, list] = Object.entries(data).find(([, own]) => Array.isArray(own)) ?? [];
  return key === undefined ? undefined : { list: list as unknown[], key };
}

/** @param url of the request, whose other parameters the links keep. */
export function cut(data: unknown, url: URL): Page {
  const found = listIn(data);
  if (!found) return { data };
  const size = Math.min(Math.max(Number(url.searchParams.get('per_page') ?? 30), 1), MOST);
  const page = Math.max(Number(url.searchParams.get('page') ?? 1), 1);
  const last = Math.max(Math.ceil(found.list.length / size), 1);
  const own = found.list.slice((page - 1) * size, page * size);
  const link = links(url, page, last);
  return { data: found.key ? { ...(data as object), [found.key]: own } : own, ...(link && { link }) };
}

function links(url: URL, page: number, last: number): string {
  const to = (number: number, relation: string) => {
    const target = new URL(url);
    target.searchParams.set('page', String(number));
    return `<${target}>; rel="${relation}"`;
  };
  const back = page > 1 ? [to(page - 1, 'prev')] : [];
  const forth = page < last ? [to(page + 1, 'next'), to(last, 'last')] : [];
  const first = page > 1 ? [to(1, 'first')] : [];
  return [...back, ...forth, ...first].join(', ');
}
