import { describe, expect, it } from 'vitest';
import { CLIENT_KEY, hashClientKey, newClientKey } from './clients.ts';

describe('client keys', () => {
  it('are new each time and shaped like keys', () => {
    const keys = Array.from({ length: 100 }, newClientKey);
    expect(new Set(keys).size).toBe(100);
    expect(keys.filter((key) => !CLIENT_KEY.test(key))).toEqual([]);
  });

  it('are stored as their SHA-256', () => {
    expect(hashClientKey(`mip_${'A'.repeat(43)}`)).toBe('716d3f245ea7518a0496f7077446568da677c5562ff375985b4b9356a60d5eb6');
  });
});
