import { describe, expect, it } from 'vitest';
import { readScope } from './scope.ts';

const ENVIRONMENT = { MIP_PREFIX: 'rad', MIP_PLATFORM: 'north', MIP_ACCOUNT: '123456789012', AWS_REGION: 'eu-north-1' };

describe('the platform that an entry point works for', () => {
  it('is in its environment', () => {
    const scope = { prefix: 'rad', platform: 'north', account: '123456789012', region: 'eu-north-1' };
    expect(readScope({ ...ENVIRONMENT, HOME: '/' })).toEqual(scope);
  });

  it.each(Object.keys(ENVIRONMENT))('is not known without %s, whether it is empty or not there', (name) => {
    const words = `the environment does not say which platform this works for: set ${name}`;
    expect(() => readScope({ ...ENVIRONMENT, [name]: '' })).toThrow(words);
    expect(() => readScope({ ...ENVIRONMENT, [name]: undefined })).toThrow(words);
  });

  it('says all that is missing at once', () => {
    expect(() => readScope({})).toThrow('set MIP_PREFIX, MIP_PLATFORM, MIP_ACCOUNT, AWS_REGION');
  });
});
