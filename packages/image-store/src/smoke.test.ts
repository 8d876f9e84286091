import { globSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, it } from 'vitest';
import { openEmulator, type TestEmulator } from '../../../tests/emulator.ts';
import { createImageStore } from './app.ts';
import { awsPorts } from './aws.ts';
import { StowClient } from './stow-client.ts';
import { EmulatedPlace } from './testing/emulated.ts';

let emulator: TestEmulator;
beforeAll(async () => {
  emulator = await openEmulator();
});
afterAll(() => emulator.stop());
it('smoke', async () => {
  const place = await EmulatedPlace.make(emulator.connection);
  const app = createImageStore(awsPorts(place.scope, { imagesKey: place.imagesKey, connection: emulator.connection }), {
    imagesKey: place.imagesKey,
    workersKey: place.workersKey,
    maxInstanceBytes: 1e9,
    logLevel: 'info',
  });
  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  const client = new StowClient({ url: `${url}/dicomweb`, key: place.key });
  const files = globSync('/work/h/store/.venv/lib/python3*/site-packages/pydicom/data/test_files/*.dcm');
  const t = performance.now();
  const groups = new Map<string, string[]>();
  for (const f of files) {
    try {
      const [o] = await client.store([f]);
      console.log(f.split('/').at(-1), o?.refused?.message ?? 'stored');
    } catch (e) {
      console.log(f.split('/').at(-1), String(e));
    }
  }
  console.log(performance.now() - t, (await place.keys()).length, (await place.rows()).length);
  console.log((await place.rows()).filter((r) => r.row === 'study').slice(0, 2));
  await app.close();
}, 60000);
