/** Instances with GPUs, as CloudFormation sees them; that a platform without has none of this is said in platform-stack.test.ts. */
import { Match } from 'aws-cdk-lib/assertions';
import { expect, test } from 'vitest';
import { PLATFORM, synthesise } from './synthesised.ts';

const { template, resources } = synthesise({ ...PLATFORM, capacity: { gpu: { instance_type: 'g5.2xlarge', max_instances: 7 } } }, false);
const TEMPLATE = 'AWS::EC2::LaunchTemplate';

test('come from none to the most that the file says, and go again only when no task is on them', () => {
  template.hasResourceProperties('AWS::AutoScaling::AutoScalingGroup', {
    MinSize: '0',
    MaxSize: '7',
    DesiredCapacity: Match.absent(), // ECS sets it; a deployment does not put it back
    NewInstancesProtectedFromScaleIn: true,
    VPCZoneIdentifier: [1, 2, 3].map((zone) => ({ Ref: Match.stringLikeRegexp(`^NetworkTasksSubnet${zone}`) })),
  });
  template.hasResourceProperties('AWS::ECS::CapacityProvider', {
    Name: 'gpu-rad',
    AutoScalingGroupProvider: {
      ManagedScaling: { Status: 'ENABLED', TargetCapacity: 100 },
      ManagedTerminationProtection: 'ENABLED',
    },
  });
});

test('are capacity of the cluster beside Fargate, and no default of it', () => {
  template.hasResourceProperties('AWS::ECS::ClusterCapacityProviderAssociations', {
    CapacityProviders: ['FARGATE', 'FARGATE_SPOT', { Ref: Match.stringLikeRegexp('^GpuCapacity') }],
    DefaultCapacityProviderStrategy: [],
  });
});

test("run ECS's image for GPUs, the newest at every deployment", () => {
  template.hasResourceProperties(TEMPLATE, {
    LaunchTemplateData: { InstanceType: 'g5.2xlarge', ImageId: { Ref: Match.stringLikeRegexp('gpurecommendedimageid') } },
  });
  const parameters = Object.values<{ Default: string }>(template.toJSON().Parameters).map((one) => one.Default);
  expect(parameters).toContain('/aws/service/ecs/optimized-ami/amazon-linux-2023/gpu/recommended/image_id');
});

test('are reached by nobody, reach HTTPS alone, and keep their credentials from tasks', () => {
  template.hasResourceProperties(TEMPLATE, {
    LaunchTemplateData: {
      MetadataOptions: { HttpTokens: 'required', HttpPutResponseHopLimit: 1 },
      BlockDeviceMappings: [Match.objectLike({ Ebs: Match.objectLike({ Encrypted: true }) })],
      NetworkInterfaces: Match.absent(), // no public address
      KeyName: Match.absent(),
      UserData: {
        'Fn::Base64': { 'Fn::Join': ['', [Match.stringLikeRegexp('ECS_AWSVPC_BLOCK_IMDS=true'), Match.anyValue(), Match.anyValue()]] },
      },
    },
  });
  template.hasResourceProperties('AWS::EC2::SecurityGroup', {
    GroupDescription: 'Instances with GPUs: no ingress, HTTPS out',
    SecurityGroupIngress: Match.absent(),
    SecurityGroupEgress: [Match.objectLike({ IpProtocol: 'tcp', FromPort: 443, ToPort: 443 })],
  });
  template.resourceCountIs('AWS::EC2::SecurityGroupIngress', 0);
});

test("have a role of the platform with what ECS's agent needs, on this cluster", () => {
  const [role] = resources('AWS::IAM::Role').filter(({ id }) => id.startsWith('GpuInstanceRole'));
  expect(role?.Properties).toMatchObject({ RoleName: 'rad-eu-north-1-gpu-instance', Path: '/mip/north/' });
  expect(role?.Properties).not.toHaveProperty('ManagedPolicyArns');
  const [policy] = resources('AWS::IAM::Policy').filter(({ id }) => id.startsWith('GpuInstanceRole'));
  const actions = policy?.Properties.PolicyDocument.Statement.flatMap(({ Action }: { Action: string | string[] }) => Action).sort();
  expect(actions).toEqual([
    ...['ecr:GetAuthorizationToken', 'ecs:DeregisterContainerInstance', 'ecs:DiscoverPollEndpoint', 'ecs:Poll'],
    ...['ecs:RegisterContainerInstance', 'ecs:StartTelemetrySession', 'ecs:Submit*', 'logs:CreateLogStream', 'logs:PutLogEvents'],
  ]);
});
