import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['actions/**/*.test.ts', 'packages/*/src/**/*.test.ts', 'infra/test/**/*.test.ts', 'tests/**/*.test.ts', 'tools/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 120_000,
    // Most tests wait for a process or for the emulator, some a minute for a queue: one worker more than the two cores that there are.
    maxWorkers: 3,
  },
});
