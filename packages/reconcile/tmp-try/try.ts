import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CreateClusterCommand, ECSClient, DescribeServicesCommand, DescribeTaskDefinitionCommand } from '@aws-sdk/client-ecs';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { createHash } from 'node:crypto';
import { apply, makeAws, plan, platformIn, readFacts, type Algorithm, type ImagePublisher } from '../src/index.ts';
import { physicalNames } from '@mip/registry/names';
import { Registry } from '@mip/registry';

const endpoint = 'http://127.0.0.1:4811';
const connection = { endpoint, region: 'eu-central-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' } };
const sha = (b: Buffer) => 'sha256:' + createHash('sha256').update(b).digest('hex');
let pushes = 0;
const images: ImagePublisher = {
  async publish({ repositoryUri, tag, treeHash }) {
    pushes++;
    const repo = repositoryUri.slice(repositoryUri.indexOf('/') + 1);
    const blob = async (b: Buffer) => {
      const post = await fetch(`${endpoint}/v2/${repo}/blobs/uploads/`, { method: 'POST' });
      const loc = new URL(post.headers.get('location')!, endpoint);
      loc.searchParams.set('digest', sha(b));
      const put = await fetch(loc, { method: 'PUT', body: b, headers: { 'content-type': 'application/octet-stream' } });
      if (put.status !== 201) throw new Error(`blob ${put.status} ${await put.text()}`);
      return { digest: sha(b), size: b.length };
    };
    const config = await blob(Buffer.from(JSON.stringify({ architecture: 'amd64', os: 'linux', config: {}, rootfs: { type: 'layers', diff_ids: [] }, x: treeHash })));
    const manifest = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: 'application/vnd.oci.image.manifest.v1+json', config: { mediaType: 'application/vnd.oci.image.config.v1+json', ...config }, layers: [], annotations: { 'mip.tree-hash': treeHash } }));
    const put = await fetch(`${endpoint}/v2/${repo}/manifests/${tag}`, { method: 'PUT', body: manifest, headers: { 'content-type': 'application/vnd.oci.image.manifest.v1+json' } });
    if (put.status !== 201) throw new Error(`manifest ${put.status} ${await put.text()}`);
    return sha(manifest);
  },
};
const file = { name: 'local', catalog_id: 'mip', prefix: 'mip', account: '000000000000', images: { version_tags: 'mutable' as const } };
const names = physicalNames({ prefix: 'mip', account: '000000000000', region: 'eu-central-1', platform: 'local' });
const ddb = new DynamoDBClient(connection), ecs = new ECSClient(connection), ssm = new SSMClient(connection);
await ddb.send(new CreateTableCommand({ TableName: names.table('algorithms'), BillingMode: 'PAY_PER_REQUEST', KeySchema: [{ AttributeName: 'algorithm_name', KeyType: 'HASH' }], AttributeDefinitions: [{ AttributeName: 'algorithm_name', AttributeType: 'S' }] })).catch((e) => console.log(e.name));
await ecs.send(new CreateClusterCommand({ clusterName: names.cluster }));
await ssm.send(new PutParameterCommand({ Name: names.platformFacts, Type: 'String', Overwrite: true, Value: JSON.stringify({ vpc_id: 'vpc-1', subnets: ['subnet-b', 'subnet-a'], security_group: 'sg-1', assign_public_ip: true, cluster: names.cluster, task_role_arn: 'arn:aws:iam::000000000000:role/mip/local/mip-task', execution_role_arn: 'arn:aws:iam::000000000000:role/mip/local/mip-exec', images_key_secret_arn: 'arn:aws:secretsmanager:eu-central-1:000000000000:secret:mip/images/key-abc', log_group: '/ecs/mip-algorithms', api_id: 'x', api_url: 'x' }) }));
const platform = platformIn('eu-central-1', file, await readFacts(ssm, names));
const algo = (name: string, extra: Partial<Algorithm> = {}): Algorithm => ({ file: `catalog/algorithms/${name}.yaml`, name, version: '1.0.0', description: 'x', status: 'active', algorithm_type: 'python', source: `algorithms/${name}`, cpu: 1024, memory: 2048, architectures: ['amd64'], timeout: 900, scaling: { min: 0, max: 1 }, parameters: { threshold: { type: 'float', default: 81.8, minimum: -1024, maximum: 3071 } }, input: { scope: ['instance'], units: 'hu' }, output: { kind: 'segmentation', store: ['s3'] }, license: 'Apache-2.0', regulatory: { status: 'research' }, ...extra });
async function run(title: string, algorithms: Algorithm[], hashes: Record<string, string>) {
  const aws = makeAws(connection, images);
  const t0 = performance.now();
  const prepared = await plan(aws, { algorithms, faults: [], treeHashes: new Map(Object.entries(hashes)), platform });
  console.log(`--- ${title}: plan ${Math.round(performance.now() - t0)} ms`, prepared.dangers, prepared.plan.refusals, prepared.plan.digest);
  for (const c of prepared.plan.changes) console.log(c.action, c.kind, c.name, c.risk, JSON.stringify(c.fields).slice(0, 200), c.cause?.pointer);
  if (prepared.dangers.length) return;
  const report = await apply(aws, prepared, { commit: 'abc123', now: () => new Date() });
  for (const o of report.outcomes) if (o.result !== 'done') console.log(o);
  console.log('ok', report.ok, 'pushes', pushes, `${Math.round(performance.now() - t0)} ms`, report.calls.map((c) => `${c.service}:${c.operation}=${c.count}`).join(' '));
}
const a = { a: 'sha256:aaa', b: 'sha256:bbb', c: 'sha256:ccc', 'a-b': 'sha256:ab' };
await run('first', [algo('a')], a);
await run('again', [algo('a')], a);
console.log(JSON.stringify(await new Registry(makeAws(connection, images).dynamodb, names.table('algorithms')).get('a')).slice(0, 1500));
await run('cpu', [algo('a', { cpu: 2048, memory: 4096 })], a);
await run('tree', [algo('a')], { ...a, a: 'sha256:aaa2' });
await run('again', [algo('a')], { ...a, a: 'sha256:aaa2' });
await run('four', [algo('a'), algo('b'), algo('c'), algo('a-b')], a);
await run('three', [algo('b'), algo('c'), algo('a-b')], a);
await run('three again', [algo('b'), algo('c'), algo('a-b')], a);
await run('back', [algo('a'), algo('b'), algo('c'), algo('a-b')], a);
await run('again', [algo('a'), algo('b'), algo('c'), algo('a-b')], a);
await run('none', [algo('a')], a);
console.log(JSON.stringify((await ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition: 'mip-a' }))).taskDefinition?.containerDefinitions, null, 1).slice(0, 3000));
