import { compileSchema } from '@mip/catalog';
import { validExamples } from '@mip/catalog/testing/examples';
import type { JobRecord } from '@mip/registry';
import { describe, expect, it } from 'vitest';
import { messageOf } from './submission.ts';

describe('the message of a record', () => {
  it.each(validExamples('job-record'))('is one that a worker takes: %s', (_, record) => {
    const message = messageOf(record as JobRecord);
    expect(compileSchema('job-message')(message).faults).toEqual([]);
    expect(message.images).toEqual((record as JobRecord).images);
  });
});
