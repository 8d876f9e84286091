import { SQSServiceException } from '@aws-sdk/client-sqs';
import { expect, it } from 'vitest';
import { isUnavailable } from './unavailable.ts';

const said = (name: string, status: number) =>
  new SQSServiceException({ name, $fault: 'client', $metadata: { httpStatusCode: status }, message: 'Rate exceeded' });

// Names that any service of AWS may answer with, whether its client has a class for them or not.
it.each([
  ['ThrottlingException', true],
  ['RequestThrottled', true],
  ['ProvisionedThroughputExceededException', true],
  ['AccessDenied', false],
  ['ValidationException', false],
])('%s: a moment later it may go: %s', (name, passes) => {
  expect(isUnavailable(said(name, 400))).toBe(passes);
});
