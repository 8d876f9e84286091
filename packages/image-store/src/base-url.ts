import type { FastifyRequest } from 'fastify';
import { BASE } from './app.ts';

/** What URLs in an answer start with, without a slash at the end: as the client sees the store, through whatever proxies stand between. */
export function baseUrl(request: FastifyRequest, publicUrl?: string): string {
  if (publicUrl) return publicUrl.replace(/\/$/, '');
  const forwarded = (name: string) => header(request, `x-forwarded-${name}`)?.split(',')[0]?.trim();
  const scheme = forwarded('proto') === 'https' ? 'https' : 'http';
  const host = forwarded('host') ?? request.headers.host ?? 'localhost';
  const prefix = forwarded('prefix')?.replace(/\/$/, '') ?? '';
  return `${scheme}://${host}${prefix}${BASE}`;
}

function header({ headers }: FastifyRequest, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' && /^[\w.:[\]/,\- ]*$/.test(value) ? value : undefined;
}
