import { describe, expect, test } from 'vitest';
import { REFUSED_BY_THE_EMULATOR } from '../lib/local-aspect.ts';
import { LOCAL, PLATFORM, type Synthesised, synthesise, WITH_IMAGE_STORE } from './synthesised.ts';

/** With all that a local cloud has. */
const WHOLE = { ...WITH_IMAGE_STORE, network: LOCAL.network };
const inAws = synthesise(WHOLE, false);
const local = synthesise(WHOLE, true);

const types = (of: Synthesised) => [...new Set(of.resources().map(({ Type }) => Type))].sort();

describe('the local aspect', () => {
  test.each([
    'AWS::EC2::FlowLog',
    'AWS::EC2::SecurityGroupIngress',
    'AWS::ECS::ClusterCapacityProviderAssociations',
    'Custom::VpcRestrictDefaultSG',
  ])('%s is made in AWS and not here', (type) => {
    expect([types(inAws).includes(type), types(local).includes(type)]).toEqual([true, false]);
  });

  test('nothing of its list is left, and nothing beside its list is gone', () => {
    expect(types(local)).toEqual(types(inAws).filter((type) => !REFUSED_BY_THE_EMULATOR.includes(type)));
    expect(local.resources()).toHaveLength(inAws.resources().length - local.removed.length);
  });

  test('it reports what it removed', () => {
    expect([...new Set(local.removed.map(({ type }) => type))].sort()).toEqual(
      types(inAws).filter((type) => REFUSED_BY_THE_EMULATOR.includes(type)),
    );
    expect(local.removed.every(({ path }) => path.startsWith('rad-north-eu-north-1/'))).toBe(true);
    expect(inAws.removed).toEqual([]);
  });

  test('no resource that stays refers to one that went', () => {
    const there = new Set([
      'AWS::Region',
      'AWS::Partition',
      'AWS::AccountId',
      'AWS::URLSuffix',
      'AWS::StackId',
      'BootstrapVersion',
      ...local.resources().map(({ id }) => id),
    ]);
    const referred = [...local.text.matchAll(/"(?:Ref|Fn::GetAtt)":\[?"([\w:]+)"/g), ...local.text.matchAll(/"DependsOn":\["(\w+)"/g)].map(
      (match) => match[1] ?? '',
    );
    expect(referred.filter((name) => !there.has(name))).toEqual([]);
  });

  test('what stays is the same, word for word', () => {
    const ofAws = new Map(inAws.resources().map((resource) => [resource.id, resource]));
    for (const resource of local.resources()) expect(withoutAssets(resource)).toEqual(withoutAssets(ofAws.get(resource.id)));
  });

  test('without an emulator nothing is removed from a platform with NAT', () => {
    expect(types(synthesise(PLATFORM, false))).toEqual(
      expect.arrayContaining(['AWS::EC2::NatGateway', 'AWS::EC2::EIP', 'AWS::EC2::FlowLog']),
    );
  });
});

/** Where its code lies: the two apps of this test bundle the same Lambda from two folders. */
function withoutAssets(resource: unknown): unknown {
  return JSON.parse(JSON.stringify(resource).replaceAll(/[0-9a-f]{64}\.zip/g, 'asset'));
}
