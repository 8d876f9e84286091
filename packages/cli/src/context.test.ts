import { describe, expect, it } from 'vitest';
import { parsePort } from './context.ts';

describe('MIP_PORT', () => {
  it.each<[string | undefined, number]>([
    [undefined, 8080],
    ['', 8080],
    ['9000', 9000],
    ['65535', 65_535],
  ])('%s is port %i', (text, port) => {
    expect(parsePort(text)).toBe(port);
  });

  it.each(['abc', '0', '65536', '80.5', '-1'])('%s is no port, and the sentence says what is', (text) => {
    expect(() => parsePort(text)).toThrow(`MIP_PORT is "${text}": give a number from 1 to 65535.`);
  });
});
