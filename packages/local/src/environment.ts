import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** How an AWS SDK client reaches the emulator. The emulator takes any credentials; these are the ones its documentation names. */
export interface EmulatorConnection {
  readonly endpoint: string;
  /** Where Application Auto Scaling is served: the emulator has none. */
  readonly scalingEndpoint?: string;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** The same where ECS, as it is here, stands in front of the emulator's. */
export interface FrontedConnection extends EmulatorConnection {
  readonly ecsEndpoint: string;
}

/** @param endpoint the emulator's base URL, `http://127.0.0.1:<port>`. */
export function emulatorConnection(endpoint: string, region: string): EmulatorConnection {
  return { endpoint, region, credentials: { accessKeyId: 'test', secretAccessKey: 'test' } };
}

/** The same connection as environment variables, for processes that read them. */
export function connectionEnvironment(connection: EmulatorConnection): Record<string, string> {
  return {
    AWS_ENDPOINT_URL: connection.endpoint,
    ...(connection.scalingEndpoint && { AWS_ENDPOINT_URL_APPLICATION_AUTO_SCALING: connection.scalingEndpoint }),
    AWS_DEFAULT_REGION: connection.region,
    AWS_REGION: connection.region,
    AWS_ACCESS_KEY_ID: connection.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: connection.credentials.secretAccessKey,
  };
}

/** Writes `<home>/env`, which a shell can source; readable by its owner only, because it holds keys. */
export async function writeEnvironment(home: string, variables: Readonly<Record<string, string>>): Promise<void> {
  const lines = Object.entries(variables).map(([name, value]) => `export ${name}='${value.replaceAll("'", `'\\''`)}'`);
  await writePrivately(join(home, 'env'), `${lines.join('\n')}\n`);
}

/** Writes a file as a whole or not at all, mode 0600. */
export async function writePrivately(file: string, text: string): Promise<void> {
  await mkdir(join(file, '..'), { recursive: true });
  await writeFile(`${file}.part`, text, { mode: 0o600 });
  await rename(`${file}.part`, file);
}

/** The text of a file, or undefined when there is none. */
export async function readIfThere(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
}
