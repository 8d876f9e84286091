import { afterEach, beforeEach, expect, it } from 'vitest';
import { TaskProtection } from './task-protection.ts';

const ARN = 'arn:aws:ecs:eu-central-1:000000000000:task/mip-cluster/0123456789abcdef';
const MINUTE = 60_000;

let now = Date.parse('2024-01-31T10:00:00.000Z');
let protection: TaskProtection;
beforeEach(async () => {
  protection = await TaskProtection.open(() => now);
});
afterEach(() => protection.close());

async function put(body: unknown, arn = ARN) {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`${protection.uriOf(arn)}/task-protection/v1/state`, { method: 'PUT', headers, body: JSON.stringify(body) });
  return { status: answer.status, body: (await answer.json()) as unknown };
}

it('holds a task that asks for it, and no other, until it no longer does', async () => {
  expect(protection.holds(ARN)).toBe(false);
  expect(await put({ ProtectionEnabled: true, ExpiresInMinutes: 60 })).toEqual({
    status: 200,
    body: { protection: { ProtectionEnabled: true, TaskArn: '0123456789abcdef', ExpirationDate: '2024-01-31T11:00:00.000Z' } },
  });
  expect([protection.holds(ARN), protection.holds(`${ARN}0`)]).toEqual([true, false]);
  await put({ ProtectionEnabled: false });
  expect(protection.holds(ARN)).toBe(false);
});

it('ends by itself: a task that hangs is not held for ever', async () => {
  await put({ ProtectionEnabled: true, ExpiresInMinutes: 1 });
  now += MINUTE;
  expect(protection.holds(ARN)).toBe(false);
  await put({ ProtectionEnabled: true });
  now += 119 * MINUTE;
  expect(protection.holds(ARN)).toBe(true);
});

it.each([
  {},
  { ProtectionEnabled: 'maybe' },
  { ProtectionEnabled: true, ExpiresInMinutes: 0 },
  { ProtectionEnabled: true, ExpiresInMinutes: 2881 },
])('refuses %j, as ECS does', async (body) => {
  expect((await put(body)).status).toBe(400);
  expect(protection.holds(ARN)).toBe(false);
});
