import { setImmediate as settled } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { ShortMemory } from './short-memory.ts';

const START = new Date('2024-01-31T10:00:00.000Z').getTime();

let time = START;
let reads = 0;
let held: string | undefined;
let memory: ShortMemory<string | undefined>;
beforeEach(() => {
  time = START;
  reads = 0;
  held = 'old';
  memory = new ShortMemory({ keptMs: 5000, most: 3, now: () => new Date(time) });
});

const read = async () => {
  reads += 1;
  return held;
};
const get = (key = 'a') => memory.get(key, read);

describe('a short memory', () => {
  it('reads once in its time, and gives nothing older than that', async () => {
    expect(await get()).toBe('old');
    held = undefined;
    time = START + 4999;
    expect(await get()).toBe('old');
    time = START + 5000;
    expect(await get()).toBeUndefined();
    expect(reads).toBe(2);
  });

  it('counts the time from when a read began: it saw what was there then', async () => {
    const { promise, resolve } = Promise.withResolvers<string>();
    const slow = memory.get('a', () => promise);
    time = START + 4000;
    resolve('old');
    await slow;
    held = 'new';
    time = START + 5000;
    expect(await get()).toBe('new');
  });

  it('does not wait for a read that began too long ago', async () => {
    const never = memory.get('a', () => new Promise(() => undefined));
    time = START + 5000;
    expect(await get()).toBe('old');
    void never;
  });

  it('reads once for all who ask at the same time', async () => {
    expect(await Promise.all([get(), get(), get()])).toEqual(['old', 'old', 'old']);
    expect(reads).toBe(1);
  });

  it('keeps neither that there is nothing nor that a read failed', async () => {
    held = undefined;
    expect(await get()).toBeUndefined();
    await expect(memory.get('a', () => Promise.reject(new Error('busy')))).rejects.toThrow('busy');
    await settled();
    held = 'new';
    expect(await get()).toBe('new');
  });

  it('a late failure does not forget what was read since', async () => {
    const { promise, reject } = Promise.withResolvers<string>();
    const slow = memory.get('a', () => promise);
    time = START + 5000;
    await get();
    reject(new Error('late'));
    await expect(slow).rejects.toThrow('late');
    await settled();
    await get();
    expect(reads).toBe(1);
  });

  it('forgets the oldest when it is full, and mixes nothing up', async () => {
    for (const key of ['a', 'b', 'c', 'd']) expect(await memory.get(key, async () => key)).toBe(key);
    expect(await memory.get('d', read)).toBe('d');
    expect(await memory.get('b', read)).toBe('b');
    expect(await memory.get('a', read)).toBe('old');
    expect(reads).toBe(1);
  });
});
