import { MOST_TRIES } from '@mip/api/callbacks/schedule';
import { ADMIN_ROUTES } from '@mip/api/routes/admin';
import { ROUTER_ROUTES } from '@mip/api/routes/router';
import { readScope } from '@mip/registry/scope';
import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import { ADMIN_PATHS } from '../lib/api.ts';
import type { Platform } from '../lib/platform.ts';
import { LOCAL, PLATFORM, type Synthesised, synthesise, WITH_IMAGE_STORE } from './synthesised.ts';

const aws = synthesise(PLATFORM, false);

describe('network', () => {
  test('no security group lets anything in, and tasks reach HTTPS alone', () => {
    aws.template.resourceCountIs('AWS::EC2::SecurityGroupIngress', 0);
    aws.template.resourceCountIs('AWS::EC2::SecurityGroup', 1);
    aws.template.hasResourceProperties('AWS::EC2::SecurityGroup', {
      SecurityGroupIngress: Match.absent(),
      SecurityGroupEgress: [Match.objectLike({ IpProtocol: 'tcp', FromPort: 443, ToPort: 443, CidrIp: '0.0.0.0/0' })],
    });
    aws.template.resourceCountIs('Custom::VpcRestrictDefaultSG', 1);
  });

  test('it is as wide as the platform file says', () => {
    aws.template.hasResourceProperties('AWS::EC2::VPC', { CidrBlock: '10.7.0.0/16' });
    aws.template.resourceCountIs('AWS::EC2::NatGateway', 1);
    aws.template.resourceCountIs('AWS::EC2::Subnet', 6); // public and private in three zones
  });

  test('S3 and DynamoDB are reached without the internet', () => {
    const endpoints = aws.resources('AWS::EC2::VPCEndpoint').map(({ Properties }) => JSON.stringify(Properties.ServiceName));
    expect(endpoints).toEqual([expect.stringContaining('.s3'), expect.stringContaining('.dynamodb')]);
    expect(aws.resources('AWS::EC2::VPCEndpoint').map(({ Properties }) => Properties.RouteTableIds.length)).toEqual([6, 6]);
  });

  test('with NAT tasks run in private subnets; without it in public ones with a public address', () => {
    expect(facts(aws)).toMatch(/"assign_public_ip\\":false/);
    expect(facts(aws)).toMatch(/TasksSubnet1/);
    const withoutNat = synthesise({ ...PLATFORM, network: { ...PLATFORM.network, nat_gateways: 0 } }, false);
    expect(facts(withoutNat)).toMatch(/"assign_public_ip\\":true/);
    expect(facts(withoutNat)).toMatch(/PublicSubnet1/);
    withoutNat.template.resourceCountIs('AWS::EC2::NatGateway', 0);
  });
});

test('without GPUs there is no instance, and nothing that could make one', () => {
  for (const type of ['AWS::AutoScaling::AutoScalingGroup', 'AWS::EC2::LaunchTemplate', 'AWS::ECS::CapacityProvider', 'AWS::EC2::Instance'])
    aws.template.resourceCountIs(type, 0);
  aws.template.hasResourceProperties('AWS::ECS::ClusterCapacityProviderAssociations', { CapacityProviders: ['FARGATE', 'FARGATE_SPOT'] });
});

describe('tables', () => {
  test.each([
    ['rad-algorithms', ['algorithm_name HASH'], []],
    ['rad-clients', ['key_hash HASH'], []],
    ['rad-leases', ['lease HASH'], []],
    ['rad-connections', ['client_id HASH', 'row RANGE'], []],
    [
      'rad-images',
      ['study HASH', 'row RANGE'],
      [
        'by-listing listed HASH sorted_by RANGE',
        'by-patient patient HASH sorted_by RANGE',
        'by-accession accession HASH sorted_by RANGE',
        'by-instance instance_hash HASH row RANGE',
      ],
    ],
    [
      'rad-jobs',
      ['client_id HASH', 'job_id RANGE'],
      [
        'by-client client_id HASH accepted_at RANGE',
        'by-algorithm algorithm HASH accepted_at RANGE',
        'by-client-open client_id HASH open_state RANGE',
        'by-open-state open_state HASH updated_at RANGE',
      ],
    ],
  ])('%s has its keys, recovers to any moment and outlives the stack', (name, keys, indexes) => {
    const [table] = aws.resources('AWS::DynamoDB::GlobalTable').filter(({ Properties }) => Properties.TableName === name);
    const words = (schema: { AttributeName: string; KeyType: string }[]) => schema.map((key) => `${key.AttributeName} ${key.KeyType}`);
    expect(words(table?.Properties.KeySchema)).toEqual(keys);
    const found = (table?.Properties.GlobalSecondaryIndexes ?? []) as { IndexName: string; KeySchema: [] }[];
    expect(found.map((index) => [index.IndexName, ...words(index.KeySchema)].join(' '))).toEqual(indexes);
    expect(table?.Properties.BillingMode).toBe('PAY_PER_REQUEST');
    expect(table?.Properties.Replicas).toEqual([
      expect.objectContaining({ DeletionProtectionEnabled: true, PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true } }),
    ]);
    expect([table?.DeletionPolicy, table?.UpdateReplacePolicy]).toEqual(['RetainExceptOnCreate', 'Retain']);
  });

  test('every attribute of a key is text', () => {
    const types = aws
      .resources('AWS::DynamoDB::GlobalTable')
      .flatMap(({ Properties }) => Properties.AttributeDefinitions.map((one: { AttributeType: string }) => one.AttributeType));
    expect(new Set(types)).toEqual(new Set(['S']));
  });
});

describe('buckets', () => {
  const names = ['rad-123456789012-eu-north-1-images', 'rad-123456789012-eu-north-1-results', 'rad-123456789012-eu-north-1-reconciles'];

  test('there are three, private, encrypted, versioned and kept', () => {
    const buckets = aws.resources('AWS::S3::Bucket');
    expect(buckets.map(({ Properties }) => Properties.BucketName)).toEqual(names);
    for (const { Properties, DeletionPolicy } of buckets) {
      expect(Object.values(Properties.PublicAccessBlockConfiguration)).toEqual([true, true, true, true]);
      expect(Properties.BucketEncryption.ServerSideEncryptionConfiguration[0].ServerSideEncryptionByDefault.SSEAlgorithm).toBe('AES256');
      expect(Properties.VersioningConfiguration).toEqual({ Status: 'Enabled' });
      expect(Properties.AccessControl).toBeUndefined();
      expect(DeletionPolicy).toBe('RetainExceptOnCreate');
    }
  });

  test('each refuses what does not come over TLS, and nobody is allowed by policy', () => {
    const policies = aws.resources('AWS::S3::BucketPolicy').map(({ Properties }) => Properties.PolicyDocument.Statement);
    expect(policies).toHaveLength(3);
    for (const statements of policies) {
      expect(statements.every((statement: { Effect: string }) => statement.Effect === 'Deny')).toBe(true);
      expect(JSON.stringify(statements)).toContain('"aws:SecureTransport":"false"');
    }
  });
});

describe('secrets', () => {
  const secretsOf = (platform: Platform) => synthesise(platform, false).resources('AWS::SecretsManager::Secret');

  test('the keys of the images and of the workers are made by Secrets Manager', () => {
    const secrets = aws.resources('AWS::SecretsManager::Secret');
    expect(secrets.map(({ Properties }) => Properties.Name)).toEqual(['rad/images/key', 'rad/images/workers-key']);
    for (const { Properties, DeletionPolicy } of secrets) {
      expect(Properties.GenerateSecretString).toEqual({ PasswordLength: 64, ExcludePunctuation: true });
      expect(Properties.SecretString).toBeUndefined();
      expect(DeletionPolicy).toBe('RetainExceptOnCreate');
    }
  });

  test('a PACS that asks for credentials has a secret with a value, so that tasks start, and a true one is put there by hand', () => {
    const pacs = secretsOf(WITH_IMAGE_STORE).filter(({ Properties }) => Properties.Name.startsWith('rad/pacs/'));
    expect(pacs.map(({ Properties }) => Properties.Name)).toEqual(['rad/pacs/hospital']);
    expect(pacs[0]?.Properties.GenerateSecretString).toMatchObject({ SecretStringTemplate: '{}', GenerateStringKey: 'replace_me' });
    expect(pacs[0]?.Properties.SecretString).toBeUndefined();
    expect(pacs[0]?.DeletionPolicy).toBe('RetainExceptOnCreate');
  });

  test('the admin key is in the template by name only', () => {
    const [key, ...others] = aws.resources('Custom::AdminKey');
    expect(others).toEqual([]);
    expect(key?.Properties).toEqual({ ServiceToken: expect.anything(), ServiceTimeout: '120', ParameterName: '/rad/admin/key' });
    expect(aws.resources('AWS::SSM::Parameter').map(({ Properties }) => [Properties.Name, Properties.Type])).toEqual([
      ['/rad/platform/facts', 'String'],
    ]);
  });

  test('no output, parameter or variable resolves a secret', () => {
    expect(aws.text).not.toMatch(/\{\{resolve:(secretsmanager|ssm-secure)/);
    expect(Object.keys(aws.template.toJSON().Outputs)).toEqual(['PlanRoleArn', 'BuildRoleArn', 'ApplyRoleArn', 'ScaleRoleArn', 'ApiUrl']);
    expect(JSON.stringify(aws.template.toJSON().Outputs)).not.toMatch(/ImagesKey|AdminKey/);
    expect(facts(aws).match(/ImagesKey\w*\\",\\"\w+/g)).toEqual(null);
    expect(facts(aws)).toMatch(/\["ImagesKey\w+","Id"\]/); // its ARN
  });
});

describe('the rest', () => {
  test.each([
    ['/aws/lambda/mip-dynamic-router'],
    ['/aws/lambda/mip-algos-admin'],
    ['/aws/lambda/mip-sweeper'],
    ['/aws/lambda/mip-notifier'],
    ['/aws/lambda/mip-websocket'],
    ['/ecs/mip-algorithms'],
    ['/ecs/mip-dicomweb'],
  ])('log group %s forgets after 90 days', (LogGroupName) => {
    aws.template.hasResourceProperties('AWS::Logs::LogGroup', { LogGroupName, RetentionInDays: 90 });
  });

  test('every log group has a retention', () => {
    expect(aws.resources('AWS::Logs::LogGroup').map(({ Properties }) => Properties.RetentionInDays)).toEqual(Array(9).fill(90));
  });

  test('a retention that CloudWatch does not offer is refused with those that it does', () => {
    const platform = { ...PLATFORM, defaults: { log_retention_days: 31 } };
    expect(() => synthesise(platform, false)).toThrow(/log_retention_days is 31: CloudWatch Logs keeps 1, 3, 5, 7, 14, 30, /);
  });

  test('the cluster measures its tasks', () => {
    aws.template.hasResourceProperties('AWS::ECS::Cluster', {
      ClusterName: 'rad-cluster',
      ClusterSettings: [{ Name: 'containerInsights', Value: 'enabled' }],
    });
  });

  test('the notifier has two queues, says of each message whether it is done, and what cannot be done is put aside', () => {
    const byName = new Map(aws.resources('AWS::SQS::Queue').map(({ id, Properties }) => [Properties.QueueName, { id, ...Properties }]));
    expect([...byName.keys()].sort()).toEqual(['rad-callbacks', 'rad-callbacks-dlq', 'rad-results-dlq.fifo', 'rad-results.fifo']);
    for (const [queue, dead, maxReceiveCount] of [
      ['rad-results.fifo', 'rad-results-dlq.fifo', 10],
      ['rad-callbacks', 'rad-callbacks-dlq', MOST_TRIES],
    ] as const) {
      const deadLetterTargetArn = { 'Fn::GetAtt': [byName.get(dead)?.id, 'Arn'] };
      expect(byName.get(queue)?.RedrivePolicy).toEqual({ deadLetterTargetArn, maxReceiveCount });
      aws.template.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
        EventSourceArn: { 'Fn::GetAtt': [byName.get(queue)?.id, 'Arn'] },
        FunctionResponseTypes: ['ReportBatchItemFailures'],
        BatchSize: 10,
      });
    }
  });

  test('the sweeper runs every other minute, once at a time', () => {
    aws.template.hasResourceProperties('AWS::Lambda::Function', {
      FunctionName: 'rad-sweeper',
      Environment: { Variables: { MIP_PREFIX: 'rad', MIP_PLATFORM: 'north', MIP_ACCOUNT: '123456789012' } },
    });
    aws.template.hasResourceProperties('AWS::Events::Rule', { ScheduleExpression: 'rate(2 minutes)', State: 'ENABLED' });
  });

  test('every Lambda of the API is told which platform it works for, as its entry point reads it', () => {
    const told = aws.resources('AWS::Lambda::Function').map(({ Properties }) => Properties.Environment?.Variables ?? {});
    const scopes = told.filter((variables) => 'MIP_PREFIX' in variables).map((own) => readScope({ ...own, AWS_REGION: 'eu-north-1' }));
    expect(scopes).toEqual(Array(5).fill({ prefix: 'rad', platform: 'north', account: '123456789012', region: 'eu-north-1' }));
  });

  test('the paths of the catalog and the document go to their own Lambda', () => {
    const routes = aws.resources('AWS::ApiGatewayV2::Route').map(({ Properties }) => Properties);
    const toAdmin = routes.filter(({ Target }) => JSON.stringify(Target).includes('ToAdmin')).map(({ RouteKey }) => RouteKey);
    expect(toAdmin.sort()).toEqual(ADMIN_PATHS.map((path) => `ANY ${path}`).sort());
    const served = ADMIN_ROUTES.map(({ url }) => `ANY ${url.replace(/:.*/, '{proxy+}')}`);
    expect(served.filter((key) => !toAdmin.includes(key))).toEqual([]);
    const alsoRouters = ROUTER_ROUTES.filter(({ url }) => ADMIN_PATHS.some((path) => url.split('/')[1] === path.split('/')[1]));
    expect(alsoRouters).toEqual([]);
  });

  test('every other path goes to the router, which knows its platform', () => {
    aws.template.hasResourceProperties('AWS::ApiGatewayV2::Route', { RouteKey: '$default' });
    const routes = aws.resources('AWS::ApiGatewayV2::Route').map(({ Properties }) => `${Properties.ApiId.Ref} ${Properties.RouteKey}`);
    const others = routes.map((route) => route.replace(/[0-9A-F]{8} /, ' ')).filter((route) => !route.startsWith('Api ANY'));
    expect(others.sort()).toEqual(['Api $default', 'WebSocketApi $connect', 'WebSocketApi $default', 'WebSocketApi $disconnect']);
    aws.template.hasResourceProperties('AWS::Lambda::Function', {
      FunctionName: 'rad-dynamic-router',
      Runtime: 'nodejs24.x',
      Environment: {
        Variables: {
          ...{ MIP_PREFIX: 'rad', MIP_PLATFORM: 'north', MIP_ACCOUNT: '123456789012', MIP_MAX_REQUEST_BYTES: '1000' },
          ...{ MIP_PACS: '[]', MIP_DEFAULT_PACS: 'built-in', MIP_MAX_IMAGE_BYTES: '5000000' },
          ...{ MIP_CLIENT_REQUESTS_PER_MINUTE: '77', MIP_CLIENT_OPEN_JOBS: '0', MIP_ROWS_KEPT_MS: '5000' },
        },
      },
    });
  });

  test('the router knows the PACSs of its platform', () => {
    const [router] = synthesise(WITH_IMAGE_STORE, false)
      .resources('AWS::Lambda::Function')
      .filter(({ Properties }) => Properties.FunctionName === 'rad-dynamic-router');
    const { MIP_PACS, MIP_DEFAULT_PACS } = router?.Properties.Environment.Variables ?? {};
    expect([JSON.parse(MIP_PACS), MIP_DEFAULT_PACS]).toEqual([WITH_IMAGE_STORE.pacs, 'hospital']);
  });

  test('the router knows which roles may override a rule: none where the platform names none', () => {
    const rolesOf = (more: object) =>
      synthesise({ ...PLATFORM, ...more }, false)
        .resources('AWS::Lambda::Function')
        .filter(({ Properties }) => Properties.FunctionName === 'rad-dynamic-router')
        .map(({ Properties }) => Properties.Environment.Variables.MIP_OVERRIDE_ROLES);
    expect(rolesOf({ admission: { override_roles: ['radiologist'] } })).toEqual(['["radiologist"]']);
    expect(rolesOf({})).toEqual(['[]']);
  });

  test('the router knows whose tokens it takes', () => {
    const identity = { issuer: 'https://login.hospital.example', audience: 'mip' };
    const [router] = synthesise({ ...PLATFORM, identity }, false)
      .resources('AWS::Lambda::Function')
      .filter(({ Properties }) => Properties.FunctionName === 'rad-dynamic-router');
    expect(JSON.parse(router?.Properties.Environment.Variables.MIP_IDENTITY)).toEqual(identity);
  });

  test('the WebSocket has its own address and bounds, and the table of its connections empties itself', () => {
    aws.template.hasResourceProperties('AWS::ApiGatewayV2::Api', { Name: 'rad-north-ws', ProtocolType: 'WEBSOCKET' });
    aws.template.hasResourceProperties('AWS::ApiGatewayV2::Stage', {
      StageName: 'ws',
      DefaultRouteSettings: { ThrottlingBurstLimit: 1000, ThrottlingRateLimit: 500 },
    });
    const variables = (name: string) =>
      JSON.stringify(
        aws.resources('AWS::Lambda::Function').find(({ Properties }) => Properties.FunctionName === name)?.Properties.Environment,
      );
    expect(variables('rad-websocket')).toMatch(/"MIP_CONNECTIONS_URL":.*"https:\/\/".*WebSocketApi.*\.execute-api\.eu-north-1\..*\/ws"/);
    expect(variables('rad-dynamic-router')).toMatch(/"MIP_WEBSOCKET_URL":.*"wss:\/\/".*WebSocketApi/);
    const [table] = aws.resources('AWS::DynamoDB::GlobalTable').filter(({ Properties }) => Properties.TableName === 'rad-connections');
    expect(table?.Properties.TimeToLiveSpecification).toEqual({ AttributeName: 'expires_at', Enabled: true });
  });

  test('an emulator’s WebSocket is reached where the platform says', () => {
    const websocket = { url: 'ws://127.0.0.1:8080/ws', connections_url: 'http://127.0.0.1:4566/_aws/execute-api' };
    const { text } = synthesise({ ...LOCAL, websocket }, true);
    expect(text).toContain('"MIP_WEBSOCKET_URL":"ws://127.0.0.1:8080/ws"');
    expect(text).toMatch(
      /"MIP_CONNECTIONS_URL":\{"Fn::Join":\["",\["http:\/\/127.0.0.1:4566\/_aws\/execute-api\/",\{"Ref":"WebSocketApi\w+"\},"\/ws"\]\]\}/,
    );
  });

  test('the facts have every field that reconcile reads', () => {
    const fields = (of: Synthesised) => [...facts(of).matchAll(/\\"(\w+)\\":/g)].map((match) => match[1]);
    const network = ['vpc_id', 'subnets', 'security_group', 'assign_public_ip', 'cluster', 'execution_role_arn'];
    const api = ['api_id', 'api_url', 'websocket_api_id', 'websocket_stage', 'websocket_url'];
    const secrets = ['images_key_secret_arn', 'workers_key_secret_arn', 'pacs_secret_arns'];
    expect(fields(aws)).toEqual([...network, ...secrets, 'log_group', ...api]);
    const whole = synthesise(WITH_IMAGE_STORE, false);
    expect(fields(whole)).toEqual([...network, ...secrets, 'hospital', 'log_group', ...api, 'image_store_url']);
  });
});

function facts(of: ReturnType<typeof synthesise>): string {
  return JSON.stringify(of.resources('AWS::SSM::Parameter')[0]?.Properties.Value);
}
