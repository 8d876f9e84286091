/** The entry: one process that serves DICOMweb. The only file here that reads the environment. */

import { readScope } from '@mip/registry/scope';
import { createImageStore } from './app.ts';
import { awsPorts } from './aws.ts';

const { env } = process;

function needed(name: string): string {
  const value = env[name];
  if (!value) throw new Error(`the image store needs the environment variable ${name}`);
  return value;
}

const imagesKey = needed('MIP_IMAGES_KEY');
const ports = awsPorts(readScope(env), { imagesKey, ...(env.MIP_IDENTITY && { identity: JSON.parse(env.MIP_IDENTITY) }) });
const app = createImageStore(ports, {
  imagesKey,
  workersKey: needed('MIP_WORKERS_KEY'),
  maxInstanceBytes: Number(needed('MIP_MAX_INSTANCE_BYTES')),
  ...(env.MIP_PUBLIC_URL && { publicUrl: env.MIP_PUBLIC_URL }),
  ...(env.MIP_LOG_LEVEL && { logLevel: env.MIP_LOG_LEVEL }),
  closeSeconds: Number(env.MIP_CLOSE_SECONDS ?? 100),
});

/** What is under way may end, within less than the 120 seconds after which ECS kills. */
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => void app.close().then(() => process.exit(0)));
}
await app.listen({ port: Number(env.PORT ?? 8042), host: env.HOST ?? '127.0.0.1' });
