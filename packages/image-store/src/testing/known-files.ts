/** The DICOM files that pydicom and pydicom-data ship: real images of many makers, in every encoding. */
import { execFile } from 'node:child_process';
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { InstanceReader } from '../dicom/instance-reader.ts';

export const ROOT = join(import.meta.dirname, '../../../..');
export const PYTHON = join(ROOT, '.venv/bin/python');

const [SITE = ''] = globSync(join(ROOT, '.venv/lib/python3*/site-packages'));

/** Paths of all of them, by what their name is made of. */
export function knownFiles(pattern = '*.dcm'): readonly string[] {
  return ['pydicom/data/test_files', 'pydicom/data/charset_files', 'data_store/data']
    .flatMap((folder) => globSync(join(SITE, folder, pattern)))
    .sort();
}

export function knownFile(name: string): string {
  const [file] = knownFiles(name);
  if (!file) throw new Error(`neither pydicom nor pydicom-data has ${name}`);
  return file;
}

/** What is read of a whole file. */
export async function readInstance(bytes: Buffer): Promise<InstanceReader> {
  const reader = new InstanceReader();
  await reader.push(bytes);
  await reader.end();
  return reader;
}

/** Runs a Python script of this folder with lines of JSON on its standard input; its lines come back. */
export async function python<Answer>(script: string, requests: readonly unknown[]): Promise<readonly Answer[]> {
  const output = await new Promise<string>((resolve, reject) => {
    const child = execFile(PYTHON, [join(import.meta.dirname, script)], { maxBuffer: 1 << 28 }, (error, stdout, stderr) =>
      error ? reject(new Error(`${script}: ${stderr}`)) : resolve(stdout),
    );
    child.stdin?.end(requests.map((request) => `${JSON.stringify(request)}\n`).join(''));
  });
  return output
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Answer);
}
