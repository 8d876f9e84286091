import { basename } from 'node:path';
import type { Entry } from '../git.ts';
import type { Commit } from '../history.ts';
import type { Schemas } from '../operation.ts';
import { gitCommit } from './commit.ts';
import { api, html, inUrl, type Place } from './place.ts';

const KIND = { tree: 'dir', blob: 'file', commit: 'submodule' } as const;

export const kindOf = ({ mode, type }: Entry): 'dir' | 'file' | 'submodule' | 'symlink' => (mode === '120000' ? 'symlink' : KIND[type]);

/** What a file and an entry of a folder have in common. */
function place(where: Place, { path, sha, size, type }: Entry, ref: string) {
  const self = `${api(where)}/contents/${inUrl(path)}?ref=${inUrl(ref)}`;
  const git = `${api(where)}/git/${type === 'tree' ? 'trees' : 'blobs'}/${sha}`;
  const page = `${html(where)}/${type === 'tree' ? 'tree' : 'blob'}/${inUrl(ref)}/${inUrl(path)}`;
  const raw = type === 'tree' ? null : `https://raw.githubusercontent.com/${where.repository.fullName}/${inUrl(ref)}/${inUrl(path)}`;
  const urls = { url: self, git_url: git, html_url: page, download_url: raw, _links: { self, git, html: page } };
  return { name: basename(path), path, sha, size, ...urls };
}

export function directory(where: Place, entries: readonly Entry[], ref: string): Schemas['content-directory'] {
  return entries.map((entry) => ({ type: kindOf(entry), ...place(where, entry, ref) }));
}

/** Above a megabyte GitHub gives no content, and calls the encoding `none`. */
const LARGEST_CONTENT = 1 << 20;

export function file(where: Place, entry: Entry, content: Buffer, ref: string): Schemas['content-file'] {
  const isLarge = content.length > LARGEST_CONTENT;
  const lines = isLarge ? '' : content.toString('base64').replace(/.{1,60}/g, '$&\n');
  return { type: 'file', encoding: isLarge ? 'none' : 'base64', content: lines, ...place(where, entry, ref) };
}

export function symlink(where: Place, entry: Entry, target: string, ref: string): Schemas['content-symlink'] {
  return { type: 'symlink', target, ...place(where, entry, ref) };
}

/** What a write to a file is answered with. */
export function fileCommit(where: Place, entry: Entry, commit: Commit, ref: string): Schemas['file-commit'] {
  const own = place(where, entry, ref);
  return { content: { type: 'file', ...own, download_url: own.download_url ?? '' }, commit: gitCommit(where, commit) };
}
