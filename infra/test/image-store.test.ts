import { describe, expect, test } from 'vitest';
import { repositoryOf } from '../lib/image-store-image.ts';
import { type ImageStore, place } from '../lib/platform.ts';
import { allows, statementsOf } from './policies.ts';
import { PLATFORM, type Synthesised, synthesise, WITH_IMAGE_STORE } from './synthesised.ts';

const aws = synthesise(WITH_IMAGE_STORE, false);
const STORE = WITH_IMAGE_STORE.image_store as ImageStore;
const CERTIFICATE = 'arn:aws:acm:eu-north-1:123456789012:certificate/1';
const TABLE = 'arn:aws:dynamodb:eu-north-1:123456789012:table';
const IMAGES = 'arn:aws:s3:::rad-123456789012-eu-north-1-images';

/** The only resource of a type. */
function only(of: Synthesised, type: string) {
  const [one, ...others] = of.resources(type);
  if (one === undefined || others.length > 0) throw new Error(`${others.length + (one ? 1 : 0)} of ${type}`);
  return one;
}

/** The security group that a construct made, as the template refers to it. */
function group(id: string) {
  const found = aws.resources('AWS::EC2::SecurityGroup').find((one) => one.id.startsWith(`${id}Group`) || one.id.startsWith(id));
  return { 'Fn::GetAtt': [found?.id, 'GroupId'] };
}

const url = (of: Synthesised) =>
  /image_store_url\\*":\\*"([^"]*)/.exec(JSON.stringify(only(of, 'AWS::SSM::Parameter').Properties.Value))?.[1];

describe('without an image', () => {
  test('there is only the repository to push it to, where tags do not move', () => {
    const before = synthesise(PLATFORM, false);
    const types = ['AWS::ECS::Service', 'AWS::ECS::TaskDefinition', 'AWS::ElasticLoadBalancingV2::LoadBalancer'];
    expect(types.flatMap((type) => before.resources(type))).toEqual([]);
    expect(url(before)).toBeUndefined();
    const { Properties, DeletionPolicy } = only(before, 'AWS::ECR::Repository');
    expect(Properties).toMatchObject({ RepositoryName: 'rad-dicomweb', ImageTagMutability: 'IMMUTABLE' });
    expect(DeletionPolicy).toBe('RetainExceptOnCreate');
  });
});

describe('the service', () => {
  const { Properties } = only(aws, 'AWS::ECS::Service');

  test('runs as many tasks as the platform file says, and takes back what does not answer', () => {
    expect(Properties).toMatchObject({
      ServiceName: 'rad-dicomweb',
      LaunchType: 'FARGATE',
      DesiredCount: 3,
      DeploymentConfiguration: {
        DeploymentCircuitBreaker: { Enable: true, Rollback: true },
        MinimumHealthyPercent: 100,
        MaximumPercent: 200,
      },
      TaskDefinition: { Ref: only(aws, 'AWS::ECS::TaskDefinition').id },
    });
  });

  test('is made after its listener, and after the rights of who starts it', () => {
    const { DependsOn } = only(aws, 'AWS::ECS::Service') as unknown as { DependsOn: readonly string[] };
    expect(DependsOn).toEqual(
      expect.arrayContaining([expect.stringMatching(/^ImageStoreListener/), expect.stringMatching(/^ExecutionRoleDefaultPolicy/)]),
    );
  });

  test('has public addresses only where the network has no NAT', () => {
    const awsvpc = (of: Synthesised) => only(of, 'AWS::ECS::Service').Properties.NetworkConfiguration.AwsvpcConfiguration;
    expect(awsvpc(aws)).toMatchObject({ AssignPublicIp: 'DISABLED', SecurityGroups: [group('ImageStoreGroup')] });
    expect(JSON.stringify(awsvpc(aws).Subnets)).toMatch(/TasksSubnet/);
    const withoutNat = synthesise({ ...WITH_IMAGE_STORE, network: { ...PLATFORM.network, nat_gateways: 0 } }, false);
    expect(awsvpc(withoutNat).AssignPublicIp).toBe('ENABLED');
  });
});

describe('the task', () => {
  const { Properties } = only(aws, 'AWS::ECS::TaskDefinition');
  const [container, ...others] = Properties.ContainerDefinitions;

  test('is of the size and the image of the platform file', () => {
    expect(Properties).toMatchObject({ Family: 'rad-dicomweb', Cpu: '2048', Memory: '4096', NetworkMode: 'awsvpc' });
    expect(others).toEqual([]);
    expect(container.Image).toBe(STORE.image_uri);
  });

  test('may nothing that it need not', () => {
    expect(container).toMatchObject({
      User: '65532',
      ReadonlyRootFilesystem: true,
      LinuxParameters: { Capabilities: { Drop: ['ALL'] }, InitProcessEnabled: true },
      StopTimeout: 120,
    });
    expect(container.Privileged).toBeUndefined();
  });

  test('is told where it is, and its keys come as secrets', () => {
    const environment = Object.fromEntries(container.Environment.map(({ Name, Value }: { Name: string; Value: string }) => [Name, Value]));
    expect(environment).toEqual({
      PORT: '8042',
      HOST: '0.0.0.0',
      AWS_REGION: 'eu-north-1',
      MIP_PREFIX: 'rad',
      MIP_PLATFORM: 'north',
      MIP_ACCOUNT: '123456789012',
      MIP_MAX_INSTANCE_BYTES: '5000000',
    });
    expect(container.Secrets.map(({ Name }: { Name: string }) => Name)).toEqual(['MIP_IMAGES_KEY', 'MIP_WORKERS_KEY']);
    expect(JSON.stringify(container.Secrets)).toMatch(/\["ImagesKey\w+","Id"\].*\["WorkersKey\w+","Id"\]/); // ARNs
    expect(container.LogConfiguration.Options).toMatchObject({ 'awslogs-group': { Ref: expect.stringMatching(/^ImageStoreLog/) } });
  });

  test('is told whose tokens it takes, and reaches that issuer at its port', () => {
    const identity = { issuer: 'https://login.hospital.example:8443/realms/imaging', audience: 'mip' };
    const withIssuer = synthesise({ ...WITH_IMAGE_STORE, identity }, false);
    const [{ Environment }] = only(withIssuer, 'AWS::ECS::TaskDefinition').Properties.ContainerDefinitions;
    const { Value } = Environment.find(({ Name }: { Name: string }) => Name === 'MIP_IDENTITY');
    expect(JSON.parse(Value)).toEqual(identity);
    const ports = (of: Synthesised) =>
      of
        .resources('AWS::EC2::SecurityGroup')
        .filter(({ id }) => id.startsWith('ImageStoreGroup'))
        .flatMap(({ Properties: { SecurityGroupEgress = [] } }) => SecurityGroupEgress.map(({ ToPort }: { ToPort: number }) => ToPort));
    expect([ports(aws), ports(withIssuer)]).toEqual([[443], [443, 8443]]);
  });
});

describe('the load balancer', () => {
  test('is inside the network, asks the server how it is, and lets a transfer think', () => {
    const balancer = only(aws, 'AWS::ElasticLoadBalancingV2::LoadBalancer').Properties;
    expect(balancer).toMatchObject({ Scheme: 'internal', Type: 'application', Name: 'rad-dicomweb' });
    expect(balancer.LoadBalancerAttributes).toEqual(
      expect.arrayContaining([
        { Key: 'idle_timeout.timeout_seconds', Value: '600' },
        { Key: 'routing.http.drop_invalid_header_fields.enabled', Value: 'true' },
      ]),
    );
    expect(only(aws, 'AWS::ElasticLoadBalancingV2::TargetGroup').Properties).toMatchObject({
      Port: 8042,
      TargetType: 'ip',
      HealthCheckPath: '/dicomweb/health',
      Matcher: { HttpCode: '200' },
    });
  });

  test('speaks HTTP under its own name without a certificate', () => {
    expect(only(aws, 'AWS::ElasticLoadBalancingV2::Listener').Properties).toMatchObject({ Port: 80, Protocol: 'HTTP' });
    expect(JSON.stringify(only(aws, 'AWS::SSM::Parameter').Properties.Value)).toMatch(
      /http:\/\/.*ImageStoreBalancer\w+","DNSName".*\/dicomweb/,
    );
  });

  test('speaks HTTPS alone under its domain with one', () => {
    const image_store = { ...STORE, certificate_arn: CERTIFICATE, domain: 'images.hospital.example' };
    const secure = synthesise({ ...WITH_IMAGE_STORE, image_store }, false);
    const listener = only(secure, 'AWS::ElasticLoadBalancingV2::Listener').Properties;
    expect(listener).toMatchObject({ Port: 443, Protocol: 'HTTPS', Certificates: [{ CertificateArn: CERTIFICATE }] });
    expect(listener.SslPolicy).toMatch(/TLS13/);
    expect(url(secure)).toBe('https://images.hospital.example/dicomweb\\');
    const ports = secure.resources('AWS::EC2::SecurityGroupIngress').map(({ Properties }) => Properties.FromPort);
    expect(ports.toSorted()).toEqual([443, 8042]);
  });
});

describe('who reaches whom', () => {
  const rules = (type: string) =>
    aws.resources(type).map(({ Properties: { GroupId, SourceSecurityGroupId, DestinationSecurityGroupId, FromPort, ToPort } }) => ({
      group: GroupId,
      other: SourceSecurityGroupId ?? DestinationSecurityGroupId,
      ports: [FromPort, ToPort],
    }));
  const inline = (id: string) =>
    aws.resources('AWS::EC2::SecurityGroup').find((one) => one.id.startsWith(id))?.Properties as {
      SecurityGroupIngress?: readonly object[];
      SecurityGroupEgress?: readonly object[];
    };

  test('the tasks are reached by the load balancer alone, and the load balancer by workers and the network', () => {
    expect(rules('AWS::EC2::SecurityGroupIngress')).toEqual([
      { group: group('ImageStoreBalancerGroup'), other: group('Tasks'), ports: [80, 80] },
      { group: group('ImageStoreGroup'), other: group('ImageStoreBalancerGroup'), ports: [8042, 8042] },
    ]);
    expect(inline('ImageStoreGroup').SecurityGroupIngress).toBeUndefined();
    expect(inline('ImageStoreBalancerGroup').SecurityGroupIngress).toEqual([
      expect.objectContaining({ CidrIp: '10.7.0.0/16', FromPort: 80, ToPort: 80 }),
    ]);
  });

  test('workers reach the load balancer, HTTPS and the ports of their PACSs; nothing of the image store reaches a PACS', () => {
    expect(rules('AWS::EC2::SecurityGroupEgress')).toEqual(
      expect.arrayContaining([
        { group: group('Tasks'), other: group('ImageStoreBalancerGroup'), ports: [80, 80] },
        { group: group('ImageStoreBalancerGroup'), other: group('ImageStoreGroup'), ports: [8042, 8042] },
      ]),
    );
    expect(rules('AWS::EC2::SecurityGroupEgress')).toHaveLength(2);
    expect(inline('Tasks').SecurityGroupEgress).toEqual([
      expect.objectContaining({ CidrIp: '0.0.0.0/0', FromPort: 443, ToPort: 443 }),
      expect.objectContaining({ CidrIp: '10.1.2.3/32', FromPort: 8443, ToPort: 8443 }),
    ]);
    expect(inline('ImageStoreGroup').SecurityGroupEgress).toEqual([expect.objectContaining({ FromPort: 443, ToPort: 443 })]);
  });

  test('two PACSs at one port are one rule: AWS refuses a rule twice', () => {
    const pacs = ['one', 'two'].map((name) => ({ name, url: `https://${name}.example:8443/rs` }));
    const tasks = synthesise({ ...PLATFORM, pacs }, false).resources('AWS::EC2::SecurityGroup')[0]?.Properties;
    expect(tasks.SecurityGroupEgress.map(({ FromPort }: { FromPort: number }) => FromPort)).toEqual([443, 8443]);
  });
});

describe('the role of the image store', () => {
  const statements = statementsOf(aws, 'rad-eu-north-1-image-store');

  test.each([
    [true, 'dynamodb:GetItem', `${TABLE}/rad-clients`],
    [true, 'dynamodb:Query', `${TABLE}/rad-images`],
    [true, 'dynamodb:Query', `${TABLE}/rad-images/index/by-patient`],
    [true, 'dynamodb:PutItem', `${TABLE}/rad-images`],
    [true, 'dynamodb:UpdateItem', `${TABLE}/rad-images`],
    [true, 's3:PutObject', `${IMAGES}/instances/a/b/c/d.dcm`],
    [true, 's3:DeleteObject', `${IMAGES}/instances/a/b/c/d.dcm`],
    [true, 's3:AbortMultipartUpload', `${IMAGES}/instances/a/b/c/d.dcm`],
    [false, 'dynamodb:Query', `${TABLE}/rad-clients`],
    [false, 'dynamodb:PutItem', `${TABLE}/rad-clients`],
    [false, 'dynamodb:Scan', `${TABLE}/rad-images`],
    [false, 'dynamodb:GetItem', `${TABLE}/rad-jobs`],
    [false, 's3:PutObject', `${IMAGES}/elsewhere`],
    [false, 's3:DeleteObjectVersion', `${IMAGES}/instances/a/b/c/d.dcm`],
    [false, 's3:ListBucket', IMAGES],
    [false, 's3:GetObject', 'arn:aws:s3:::rad-123456789012-eu-north-1-results/x'],
    [false, 'sqs:SendMessage', 'arn:aws:sqs:eu-north-1:123456789012:rad-seg-requests.fifo'],
  ])('allows %s: %s on %s', (allowed, action, resource) => {
    expect(allows(statements, { action, resource })).toBe(allowed);
  });

  test('is none that apply can give to an algorithm', () => {
    const apply = statementsOf(aws, 'rad-eu-north-1-reconcile-apply');
    const resource = 'arn:aws:iam::123456789012:role/mip/north/rad-eu-north-1-image-store';
    expect(allows(apply, { action: 'iam:PassRole', resource, context: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' } })).toBe(false);
  });
});

describe('an image of another region', () => {
  const digest = `@sha256:${'ab'.repeat(32)}`;
  const repositories = (image_uri?: string) =>
    repositoryOf(place({ ...WITH_IMAGE_STORE, image_store: { ...STORE, ...(image_uri && { image_uri }) } }, 'eu-north-1'));

  test.each([
    [`123456789012.dkr.ecr.eu-west-1.amazonaws.com/rad-dicomweb${digest}`, 'arn:aws:ecr:eu-west-1:123456789012:repository/rad-dicomweb'],
    [`999999999999.dkr.ecr.eu-north-1.amazonaws.com/a/b:v1${digest}`, 'arn:aws:ecr:eu-north-1:999999999999:repository/a/b'],
    [`123456789012.dkr.ecr.eu-north-1.amazonaws.com/other${digest}`, 'arn:aws:ecr:eu-north-1:123456789012:repository/other'],
  ])('%s can be pulled', (uri, repository) => {
    expect(repositories(uri)).toEqual([repository]);
  });

  test('that needs no right of its own brings none', () => {
    expect([...repositories(STORE.image_uri), ...repositories(`ghcr.io/a/b${digest}`)]).toEqual([]);
    expect(repositoryOf(place(PLATFORM, 'eu-north-1'))).toEqual([]);
  });
});
