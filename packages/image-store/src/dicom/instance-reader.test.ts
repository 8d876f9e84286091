/** Every file that pydicom ships, read as it streams by, beside what pydicom reads. */

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { inflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { StoredMetadata } from '../rows.ts';
import { InstanceReader } from './instance-reader.ts';
import type { JsonDataSet } from './values.ts';

const root = join(import.meta.dirname, '../../../..');
const FOLDERS = '.venv/lib/python3*/site-packages/{pydicom/data,pydicom_data}';
const files = globSync([`${FOLDERS}/**/*.dcm`, `${FOLDERS}/charset_files/*`, `${FOLDERS}/**/data_store/data/*`], { cwd: root }).filter(
  (file, index, all) => all.indexOf(file) === index && /\.dcm$/.test(file),
);

export async function read(bytes: Buffer, chunk = 64 * 1024): Promise<StoredMetadata> {
  const reader = new InstanceReader();
  for (let at = 0; at < bytes.length; at += chunk) await reader.push(bytes.subarray(at, at + chunk));
  await reader.end();
  return reader.metadata;
}

if (process.env.EXPLORE) {
  it('explore', async () => {
    const out = execFileSync(join(root, '.venv/bin/python'), [join(import.meta.dirname, '../testing/pydicom_json.py')], {
      cwd: root,
      input: files.join('\n'),
      maxBuffer: 1 << 30,
    });
    let same = 0;
    for (const line of out.toString().trim().split('\n')) {
      const { path, json, error } = JSON.parse(line);
      const bytes = readFileSync(join(root, path));
      try {
        const mine = await read(bytes);
        if (error) {
          console.log(basename(path), 'PYDICOM', error);
          continue;
        }
        const diffs = [...compare(json, mine.dataset, mine, bytes, '')];
        if (diffs.length === 0) same += 1;
        else console.log(basename(path), diffs.length, '\n   ' + diffs.slice(0, 6).join('\n   '));
      } catch (e) {
        console.log(
          basename(path),
          'REFUSED',
          (e as Error).message,
          (e as Error).name === 'UnreadableDicom' || (e as Error).stack,
          error ?? '',
        );
      }
    }
    console.log('same', same, 'of', files.length);
  });
}

function* compare(theirs: any, mine: any, meta: StoredMetadata, file: Buffer, path: string): Generator<string> {
  for (const tag of new Set([...Object.keys(theirs), ...Object.keys(mine)])) {
    const [a, b] = [theirs[tag], mine[tag]];
    if (!a || !b) {
      yield `${path}${tag} ${JSON.stringify(a)?.slice(0, 150)} | ${JSON.stringify(b)?.slice(0, 150)}`;
      continue;
    }
    if (a.vr === 'SQ' && b.vr === 'SQ') {
      const n = Math.max(a.Value?.length ?? 0, b.Value?.length ?? 0);
      for (let i = 0; i < n; i++) yield* compare(a.Value?.[i] ?? {}, b.Value?.[i] ?? {}, meta, file, `${path}${tag}/${i}/`);
      continue;
    }
    if (a.BulkDataURI && b.BulkDataURI) {
      const [o, l] = meta.bulk[b.BulkDataURI.replace('mip-bulk:', '')] ?? [0, 0];
      const data = meta.deflated_from === undefined ? file : inflateRawSync(file.subarray(meta.deflated_from));
      const h = createHash('sha256')
        .update(data.subarray(o, o + l))
        .digest('hex');
      if (h !== a.BulkDataURI && tag !== '7FE00010') yield `${path}${tag} bulk differs`;
      continue;
    }
    if (JSON.stringify(a) !== JSON.stringify(b))
      yield `${path}${tag} ${JSON.stringify(a)?.slice(0, 200)} | ${JSON.stringify(b)?.slice(0, 200)}`;
  }
}
