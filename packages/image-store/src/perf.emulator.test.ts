import { execFile } from 'node:child_process';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { DynamoDBDocumentClient, paginateQuery } from '@aws-sdk/lib-dynamodb';
import { hashUid } from '@mip/registry';
import pLimit from 'p-limit';
import { it } from 'vitest';
import { openEmulator } from '../../../tests/emulator.ts';
import { createImageStore } from './app.ts';
import { awsPorts } from './aws.ts';
import { StowClient } from './stow-client.ts';
import { EmulatedPlace } from './testing/emulated.ts';
import { slice, uidsOf } from './testing/slices.ts';

it('perf', async () => {
  const emulator = await openEmulator();
  const place = await EmulatedPlace.make(emulator.connection);
  const app = createImageStore(awsPorts(place.scope, { imagesKey: place.imagesKey, connection: emulator.connection }), {
    imagesKey: place.imagesKey,
    workersKey: place.workersKey,
    maxInstanceBytes: 1e9,
    logLevel: 'silent',
  });
  const url = `${await app.listen({ port: 0, host: '127.0.0.1' })}/dicomweb`;
  const client = new StowClient({ url, key: place.key });
  for (let b = 0; b < 10; b++)
    await client.store(Array.from({ length: 20 }, (_, i) => slice({ study: 1, series: 1, instance: b * 20 + i + 1, pixels: 512 * 1024 })));
  const { study, series } = uidsOf({ study: 1, series: 1, instance: 1 });
  const s3 = new S3Client({ ...emulator.connection, forcePathStyle: true });
  const doc = DynamoDBDocumentClient.from(new DynamoDBClient(emulator.connection));
  const rows = (await place.rows()).filter((r) => typeof r.key === 'string');
  const query = async () => {
    let n = 0;
    for await (const { Items = [] } of paginateQuery(
      { client: doc },
      {
        TableName: place.names.table('images'),
        KeyConditionExpression: 'study = :s AND begins_with(#r, :p)',
        ExpressionAttributeNames: { '#r': 'row' },
        ExpressionAttributeValues: { ':s': hashUid(place.imagesKey, 'study', study), ':p': 'instance/' },
        ConsistentRead: true,
      },
    ))
      n += Items.length;
    return n;
  };
  const bare = async () => {
    await query();
    const limit = pLimit(5);
    await Promise.all(
      rows.map((row) =>
        limit(async () => {
          const o = await s3.send(new GetObjectCommand({ Bucket: place.bucket, Key: row.key as string }));
          for await (const _ of o.Body as AsyncIterable<Buffer>);
        }),
      ),
    );
  };
  const get = (path: string) =>
    new Promise<void>((ok, no) =>
      execFile('curl', ['-s', '-f', '-o', '/dev/null', '-H', `x-api-key: ${place.key}`, url + path], (e) => (e ? no(e) : ok())),
    );
  const time = async (f: () => Promise<unknown>) => {
    const t = performance.now();
    await f();
    return performance.now() - t;
  };
  const med = (l: number[]) => l.sort((a, b) => a - b)[l.length >> 1] as number;
  const [b, r, q, m]: number[][] = [[], [], [], []];
  for (let i = 0; i < 15; i++) {
    q?.push(await time(query));
    m?.push(
      await time(async () =>
        (await fetch(`${url}/studies/${study}/series/${series}/metadata`, { headers: { 'x-api-key': place.key } })).arrayBuffer(),
      ),
    );
  }
  console.log(
    'bare',
    b,
    'retrieve',
    r,
    'ratio',
    med(r as number[]) / med(b as number[]),
    '\nquery',
    q,
    'metadata',
    m,
    'ratio',
    med(m as number[]) / med(q as number[]),
    'rss',
    process.memoryUsage().rss / 1e6,
  );
  app.server.closeAllConnections();
  await app.close();
  await emulator.stop();
}, 200000);
