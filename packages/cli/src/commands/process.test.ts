import { describe, expect, it } from 'vitest';
import { parseParameters } from './process.ts';

describe('--parameter name=value', () => {
  it.each<[string, Record<string, unknown>]>([
    ['center=40', { center: 40 }],
    ['center=-40.5', { center: -40.5 }],
    ['center=1e3', { center: 1000 }],
    ['fast=true', { fast: true }],
    ['function=LINEAR', { function: 'LINEAR' }],
    ['note=a=b', { note: 'a=b' }],
    ['note=', { note: '' }],
    ['code=007', { code: '007' }],
    ['code=0x10', { code: '0x10' }],
    ['code=NaN', { code: 'NaN' }],
  ])('%s', (given, parameters) => {
    expect(parseParameters([given])).toEqual(parameters);
  });

  it.each(['center', '=40', ''])('refuses "%s" and says how it is written', (given) => {
    expect(() => parseParameters([given])).toThrow(/--parameter takes name=value/);
  });
});
