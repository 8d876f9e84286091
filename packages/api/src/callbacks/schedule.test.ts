import { expect, it } from 'vitest';
import { DELAYS, delayAfter, MOST_TRIES } from './schedule.ts';

const HOUR = 3600;

it('a callback is tried for a day, ever later, and never hidden for longer than SQS can', () => {
  const whole = DELAYS.reduce((sum, delay) => sum + delay, 0);
  expect(whole).toBeGreaterThan(23.8 * HOUR);
  expect(whole).toBeLessThan(25 * HOUR);
  expect([...DELAYS].sort((a, b) => a - b)).toEqual(DELAYS);
  expect(Math.max(...DELAYS)).toBeLessThanOrEqual(12 * HOUR);
});

it('after the last try there is none', () => {
  expect([delayAfter(0), delayAfter(1), delayAfter(MOST_TRIES - 1), delayAfter(MOST_TRIES)]).toEqual([5, 5, 7 * HOUR, undefined]);
});
