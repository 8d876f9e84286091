import { InternalServerError, ResourceNotFoundException } from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';
import { errorSummary, isPassing } from './failures.ts';

const of = (traits: object) => Object.assign(new Error('1.2.840.1'), traits);

describe('an error is passing', () => {
  it.each([
    ['of a service that is out of order', new InternalServerError({ message: '', $metadata: {} }), true],
    ['that the SDK would try again', of({ $retryable: {} }), true],
    ['of too many requests', of({ $metadata: { httpStatusCode: 429 } }), true],
    ['of any status from 500 on', of({ $metadata: { httpStatusCode: 500 } }), true],
    ['of a socket', of({ syscall: 'connect' }), true],
    ['of a time that is over', of({ name: 'TimeoutError' }), true],
    ['of a request that is wrong', new ResourceNotFoundException({ message: '', $metadata: { httpStatusCode: 400 } }), false],
    ['of our own', new TypeError('1.2.840.1'), false],
  ])('%s', (_, error, passing) => expect(isPassing(error)).toBe(passing));
});

describe('an error in the log', () => {
  it('is its name, where it came from and what AWS called it, without its message', () => {
    const { frames, ...summary } = errorSummary(of({ name: 'Denied', $metadata: { httpStatusCode: 400, requestId: 'r-1' } }));
    expect(summary).toEqual({ name: 'Denied', status: 400, request_id: 'r-1' });
    expect(frames?.[0]).toMatch(/^at /);
    expect(JSON.stringify(frames)).not.toContain('1.2.840.1');
  });

  it('is its type where it is no error', () => expect(errorSummary('1.2.840.1')).toEqual({ name: 'string' }));
});
