import type { FastifyRequest } from 'fastify';
import { BASE } from './app.ts';
import type { InstanceUids } from './dicom/instance-reader.ts';

/** What URLs in an answer start with, without a slash at the end: as the client sees the store, through whatever proxies stand between. */
export function baseUrl(request: FastifyRequest, publicUrl?: string): string {
  if (publicUrl) return publicUrl.replace(/\/$/, '');
  const forwarded = (name: string) => header(request, `x-forwarded-${name}`)?.split(',')[0]?.trim();
  const scheme = forwarded('proto') === 'https' ? 'https' : 'http';
  const host = forwarded('host') ?? request.headers.host ?? 'localhost';
  const prefix = forwarded('prefix')?.replace(/\/$/, '') ?? '';
  return `${scheme}://${host}${prefix}${BASE}`;
}

export function studyUrl(base: string, { study }: Pick<InstanceUids, 'study'>): string {
  return `${base}/studies/${study}`;
}

export function seriesUrl(base: string, uids: Pick<InstanceUids, 'study' | 'series'>): string {
  return `${studyUrl(base, uids)}/series/${uids.series}`;
}

export function instanceUrl(base: string, uids: InstanceUids): string {
  return `${seriesUrl(base, uids)}/instances/${uids.instance}`;
}

function header({ headers }: FastifyRequest, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' && /^[\w.:[\]/,\- ]*$/.test(value) ? value : undefined;
}
