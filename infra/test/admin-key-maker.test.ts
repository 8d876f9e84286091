import { ParameterAlreadyExists, type PutParameterCommand } from '@aws-sdk/client-ssm';
import type { CloudFormationCustomResourceEvent } from 'aws-lambda';
import { describe, expect, test } from 'vitest';
import { adminKeyHandler } from '../lib/admin-key-maker.ts';

describe('the maker of the admin key', () => {
  test('Create makes a SecureString of 256 random bits and never overwrites', async () => {
    const first = await run('Create');
    const second = await run('Create');
    expect(first.put).toMatchObject({
      Name: '/mip/admin/key',
      Type: 'SecureString',
      Overwrite: false,
      Value: expect.stringMatching(/^mipadmin_[\w-]{43}$/),
    });
    expect(second.put?.Value).not.toBe(first.put?.Value);
    expect(first.answer).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: '/mip/admin/key' });
  });

  test.each(['Create', 'Update'] as const)('%s leaves a key that exists alone', async (type) => {
    const { answer } = await run(type, new ParameterAlreadyExists({ message: 'there', $metadata: {} }));
    expect(answer).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: '/mip/admin/key' });
  });

  test('Delete keeps the key: a first deploy that rolls back must not take an older one with it', async () => {
    const { put, answer } = await run('Delete');
    expect([put, answer.Status, answer.PhysicalResourceId]).toEqual([undefined, 'SUCCESS', '/old/name']);
  });

  test('a refusal fails the deployment with its name, not with its message', async () => {
    const { answer } = await run(
      'Create',
      Object.assign(new Error('Value mipadmin_secret is not allowed'), { name: 'AccessDeniedException' }),
    );
    expect(answer).toMatchObject({ Status: 'FAILED', Reason: 'PutParameter /mip/admin/key: AccessDeniedException' });
  });

  test.each(['Create', 'Update', 'Delete'] as const)(
    'the answer to %s does not hold the key and goes back as CloudFormation asks',
    async (type) => {
      const { put, answer, sent } = await run(type);
      expect(answer).toMatchObject({ StackId: 'stack', RequestId: 'request', LogicalResourceId: 'AdminKey' });
      expect(sent).toMatchObject({ url: 'https://cloudformation.example/?signed', method: 'PUT', headers: { 'content-type': '' } });
      expect(JSON.stringify(answer)).not.toContain(put?.Value ?? 'mipadmin_');
    },
  );
});

async function run(RequestType: 'Create' | 'Update' | 'Delete', refusal?: Error) {
  let put: PutParameterCommand['input'] | undefined;
  let sent: { url: string; method?: string; headers?: unknown; body: string } | undefined;
  const ssm = {
    send: async (command: PutParameterCommand) => {
      put = command.input;
      if (refusal) throw refusal;
      return {};
    },
  };
  const respond = async (url: string, init: RequestInit) => {
    sent = { url, ...init, body: String(init.body) } as typeof sent;
    return new Response();
  };
  const event = {
    RequestType,
    ResponseURL: 'https://cloudformation.example/?signed',
    StackId: 'stack',
    RequestId: 'request',
    LogicalResourceId: 'AdminKey',
    PhysicalResourceId: '/old/name',
    ResourceProperties: { ServiceToken: 'x', ParameterName: '/mip/admin/key' },
  } as unknown as CloudFormationCustomResourceEvent;
  await adminKeyHandler(ssm as never, respond as typeof fetch)(event);
  if (sent === undefined) throw new Error('it did not answer');
  return { put, sent, answer: JSON.parse(sent.body) };
}
