import { ParameterNotFound, SSMClient } from '@aws-sdk/client-ssm';
import { physicalNames } from '@mip/registry/names';
import { describe, expect, it } from 'vitest';
import { readFacts } from './facts.ts';

const names = physicalNames({ prefix: 'mip', account: '000000000000', region: 'eu-central-1', platform: 'local' });
const answering = (answer: () => unknown) => ({ send: async () => answer() }) as unknown as SSMClient;

describe("the platform's facts", () => {
  it('are the JSON that CDK wrote', async () => {
    expect(
      await readFacts(
        answering(() => ({ Parameter: { Value: '{"cluster":"mip-cluster"}' } })),
        names,
      ),
    ).toEqual({ cluster: 'mip-cluster' });
  });

  it('are missed where no platform was deployed', async () => {
    const nothing = answering(() => {
      throw new ParameterNotFound({ message: '', $metadata: {} });
    });
    await expect(readFacts(nothing, names)).rejects.toThrow(
      'There is no platform here (no parameter /mip/platform/facts): deploy it with `mip deploy`, the local cloud with `npm start`.',
    );
  });

  it('cannot be read where nothing listens, and the sentence says so', async () => {
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
    const nobody = new SSMClient({ region: 'eu-central-1', endpoint: 'http://127.0.0.1:1', credentials, maxAttempts: 1 });
    await expect(readFacts(nobody, names)).rejects.toThrow(/Could not read .* \(ECONNREFUSED\)\. .*npm start/);
  });
});
