/** Orthanc for a test or a benchmark, on free ports of this machine: a real PACS, with DICOMweb and DIMSE. `tests/orthanc.py` runs it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type InstanceUids, StowClient } from '@mip/image-store';

const root = join(import.meta.dirname, '..');

export interface Orthanc {
  /** Of its DICOMweb service, up to what `/studies` follows. */
  readonly url: string;
  readonly dicomPort: number;
  /** The header that its user sends. */
  readonly authorization: Readonly<Record<string, string>>;
  /** STOW-RS of one file. @throws {NotStored} */
  store(file: Buffer): Promise<InstanceUids>;
  stop(): Promise<void>;
}

/** @param settings added to its configuration file. @throws {Error} when it is not installed or does not start. */
export async function startOrthanc(user: string, settings: Readonly<Record<string, unknown>> = {}): Promise<Orthanc> {
  const args = ['tests/orthanc.py', '--auth', user, '--settings', JSON.stringify(settings)];
  const child = spawn(join(root, '.venv/bin/python'), args, { cwd: root, stdio: ['pipe', 'pipe', 'inherit'] });
  const line = await Promise.race([
    once(createInterface(child.stdout), 'line').then(([text]) => String(text)),
    once(child, 'exit').then(() => Promise.reject(new Error('Orthanc did not start'))),
  ]);
  const { url, dicom_port: dicomPort } = JSON.parse(line) as { url: string; dicom_port: number };
  const authorization = { authorization: `Basic ${Buffer.from(user).toString('base64')}` };
  const client = new StowClient({ url, headers: authorization });
  return {
    url,
    dicomPort,
    authorization,
    store: (file) => client.put(file),
    async stop() {
      if (child.exitCode !== null) return;
      const exit = once(child, 'exit');
      child.stdin.end();
      await exit;
    },
  };
}
