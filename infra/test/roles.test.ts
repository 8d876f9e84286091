import { describe, expect, test } from 'vitest';
import { synthesise, WITH_IMAGE_STORE } from './synthesised.ts';

const aws = synthesise(WITH_IMAGE_STORE, false);

const SERVICES = 'arn:aws:ecs:eu-north-1:123456789012:service/rad-cluster/rad-*';
const RESULTS = 'arn:aws:sqs:eu-north-1:123456789012:rad-results.fifo';
const WAKES = { 'ecs:DescribeServices': SERVICES, 'ecs:UpdateService': SERVICES };

describe('rights', () => {
  const statements = aws
    .resources()
    .filter(({ Type }) => ['AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy', 'AWS::IAM::Role'].includes(Type))
    .flatMap(({ id, Properties }) =>
      [Properties, ...(Properties.Policies ?? [])]
        .flatMap((one) => one.PolicyDocument?.Statement ?? [])
        .map((statement) => ({ id, ...statement })),
    );

  test('no action has a wildcard, and everything has a resource by name but what AWS does not let anyone narrow', () => {
    expect(statements.length).toBeGreaterThan(10);
    expect(statements.flatMap(({ Action }) => Action).filter((action) => action.includes('*'))).toEqual([]);
    const wide = statements.filter(({ Resource }) => [Resource].flat().includes('*')).flatMap(({ Action }) => Action);
    expect([...new Set(wide)].sort()).toEqual([
      'application-autoscaling:DescribeScalableTargets',
      'application-autoscaling:DescribeScalingPolicies',
      'application-autoscaling:DescribeScheduledActions',
      'ecr:GetAuthorizationToken',
      'ecs:DeregisterTaskDefinition',
      'ecs:DescribeTaskDefinition',
      'ecs:ListServices',
      'ecs:ListTaskDefinitionFamilies',
      'ecs:ListTaskDefinitions',
      'iam:ListRoles',
      'tag:GetResources',
    ]);
  });

  test.each([
    [
      'ExecutionRole',
      {
        'ecr:BatchCheckLayerAvailability': ':ecr:eu-north-1:123456789012:repository/rad-*',
        'ecr:BatchGetImage': ':ecr:eu-north-1:123456789012:repository/rad-*',
        'ecr:GetAuthorizationToken': '*',
        'ecr:GetDownloadUrlForLayer': ':ecr:eu-north-1:123456789012:repository/rad-*',
        'logs:CreateLogStream': 'AlgorithmsLog, ImageStoreLog',
        'logs:PutLogEvents': 'AlgorithmsLog, ImageStoreLog',
        'secretsmanager:GetSecretValue': 'ImagesKey, PacsSecrethospital, WorkersKey',
      },
    ],
    [
      'RouterRole',
      {
        'dynamodb:BatchGetItem': 'ImageIndex',
        'dynamodb:GetItem': 'Algorithms, Clients, Jobs, arn:aws:dynamodb:eu-north-1:123456789012:table/rad-algorithms',
        'dynamodb:PutItem': 'Connections, Jobs',
        'dynamodb:Query':
          'Connections, ImageIndex, arn:aws:dynamodb:eu-north-1:123456789012:table/rad-jobs/index/by-client, arn:aws:dynamodb:eu-north-1:123456789012:table/rad-jobs/index/by-client-open',
        'dynamodb:UpdateItem': 'Connections, Jobs, arn:aws:dynamodb:eu-north-1:123456789012:table/rad-leases',
        ...WAKES,
        'logs:CreateLogStream': 'RouterLog',
        'logs:PutLogEvents': 'RouterLog',
        's3:GetObject': 'Results/*',
        'secretsmanager:GetSecretValue': 'ImagesKey, PacsSecrethospital',
        'sqs:GetQueueUrl': RESULTS,
        'sqs:SendMessage': `:sqs:eu-north-1:123456789012:rad-*-requests.fifo, ${RESULTS}`,
      },
    ],
    [
      'NotifierRole',
      {
        'dynamodb:DeleteItem': 'Connections',
        'dynamodb:GetItem': 'Connections, Jobs',
        'dynamodb:PutItem': 'Connections',
        'dynamodb:Query': 'Connections',
        'dynamodb:UpdateItem': 'Connections, Jobs',
        'execute-api:ManageConnections': 'WebSocketApi/ws/DELETE/@connections/*, WebSocketApi/ws/POST/@connections/*',
        'logs:CreateLogStream': 'NotifierLog',
        'logs:PutLogEvents': 'NotifierLog',
        'secretsmanager:GetSecretValue': ':secretsmanager:eu-north-1:123456789012:secret:rad/callbacks/*',
        'sqs:ChangeMessageVisibility': 'CallbacksQueue, ResultsQueue',
        'sqs:DeleteMessage': 'CallbacksQueue, ResultsQueue',
        'sqs:GetQueueAttributes': 'CallbacksQueue, ResultsQueue',
        'sqs:GetQueueUrl': 'CallbacksQueue, ResultsQueue',
        'sqs:ReceiveMessage': 'CallbacksQueue, ResultsQueue',
        'sqs:SendMessage': 'CallbacksQueue',
      },
    ],
    [
      'AdminRole',
      {
        'dynamodb:GetItem': 'Algorithms, Clients',
        'dynamodb:Scan': 'Algorithms',
        'ecr:DescribeImages': 'arn:aws:ecr:eu-north-1:123456789012:repository/*, arn:aws:ecr:us-east-1:210987654321:repository/shared*',
        'logs:CreateLogStream': 'AdminLog',
        'logs:PutLogEvents': 'AdminLog',
        's3:GetObject': 'arn:aws:s3:::rad-123456789012-eu-north-1-reconciles/runs/*',
        's3:ListBucket': 'arn:aws:s3:::rad-123456789012-eu-north-1-reconciles',
        'secretsmanager:GetSecretValue': 'GitHubSecret',
        'ssm:GetParameters':
          ':ssm:eu-north-1:123456789012:parameter/rad/admin/key, :ssm:eu-north-1:123456789012:parameter/rad/admin/previous-key',
      },
    ],
    [
      'SweeperRole',
      {
        'dynamodb:GetItem': 'arn:aws:dynamodb:eu-north-1:123456789012:table/rad-algorithms',
        'dynamodb:Query': 'arn:aws:dynamodb:eu-north-1:123456789012:table/rad-jobs/index/by-open-state',
        'dynamodb:UpdateItem': 'Jobs, arn:aws:dynamodb:eu-north-1:123456789012:table/rad-leases',
        ...WAKES,
        'logs:CreateLogStream': 'SweeperLog',
        'logs:PutLogEvents': 'SweeperLog',
        'sqs:ChangeMessageVisibility': 'arn:aws:sqs:eu-north-1:123456789012:rad-*-requests-dlq.fifo',
        'sqs:GetQueueAttributes': ':sqs:eu-north-1:123456789012:rad-*-requests.fifo',
        'sqs:GetQueueUrl': `:sqs:eu-north-1:123456789012:rad-*-requests.fifo, arn:aws:sqs:eu-north-1:123456789012:rad-*-requests-dlq.fifo, ${RESULTS}`,
        'sqs:ReceiveMessage': 'arn:aws:sqs:eu-north-1:123456789012:rad-*-requests-dlq.fifo',
        'sqs:SendMessage': `:sqs:eu-north-1:123456789012:rad-*-requests.fifo, ${RESULTS}`,
      },
    ],
    [
      'WebSocketRole',
      {
        'dynamodb:DeleteItem': 'Connections',
        'dynamodb:GetItem': 'Clients, Connections',
        'dynamodb:PutItem': 'Connections',
        'dynamodb:Query': 'Connections',
        'dynamodb:UpdateItem': 'Connections',
        'execute-api:ManageConnections': 'WebSocketApi/ws/DELETE/@connections/*, WebSocketApi/ws/POST/@connections/*',
        'logs:CreateLogStream': 'WebSocketLog',
        'logs:PutLogEvents': 'WebSocketLog',
      },
    ],
    [
      'AdminKeyMakerRole',
      {
        'logs:CreateLogStream': 'AdminKeyMakerLog',
        'logs:PutLogEvents': 'AdminKeyMakerLog',
        'ssm:PutParameter': ':ssm:eu-north-1:123456789012:parameter/rad/admin/key',
      },
    ],
  ])('%s may do this and nothing else', (role, allowed) => {
    const found: Record<string, string[]> = {};
    for (const { Action, Resource } of statements.filter(({ id }) => id.startsWith(`${role}DefaultPolicy`)))
      for (const action of [Action].flat()) found[action] = [...(found[action] ?? []), ...[Resource].flat().map(readable)];
    expect(Object.fromEntries(Object.entries(found).map(([action, resources]) => [action, resources.sort().join(', ')]))).toEqual(allowed);
  });

  test('the router puts nothing but tickets into the table of connections', () => {
    const puts = statements.filter(({ id, Action }) => id.startsWith('RouterRole') && [Action].flat().includes('dynamodb:PutItem'));
    const toConnections = puts.filter(({ Resource }) => JSON.stringify(Resource).includes('Connections'));
    expect(toConnections.map(({ Condition }) => Condition)).toEqual([
      { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['ticket#*'] } },
    ]);
  });

  test('the execution role is for ECS tasks alone', () => {
    aws.template.hasResourceProperties('AWS::IAM::Role', {
      RoleName: 'rad-eu-north-1-execution',
      Path: '/mip/north/',
      AssumeRolePolicyDocument: {
        Statement: [{ Action: 'sts:AssumeRole', Effect: 'Allow', Principal: { Service: 'ecs-tasks.amazonaws.com' } }],
      },
    });
  });

  test('every role with a name has the path of the platform', () => {
    const roles = aws.resources('AWS::IAM::Role').filter(({ Properties }) => Properties.RoleName !== undefined);
    expect(roles).toHaveLength(7);
    expect(new Set(roles.map(({ Properties }) => Properties.Path))).toEqual(new Set(['/mip/north/']));
  });
});

/** A resource in short: `Jobs`, `Images/*`, or the tail of an ARN. */
function readable(resource: unknown): string {
  if (typeof resource === 'string') return resource;
  const text = JSON.stringify(resource);
  const arn = /":(?:\w+):[^"]+"/.exec(text);
  if (arn) return arn[0].slice(1, -1);
  const name = /"(?:Fn::GetAtt":\[|Ref":)"(\w+?)[0-9A-F]{8}"/.exec(text)?.[1];
  const tail = /"(\/[^"]*)"/.exec(text)?.[1] ?? '';
  return `${name}${tail}`;
}
