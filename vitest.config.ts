import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['actions/**/*.test.ts', 'packages/*/src/**/*.test.ts', 'infra/test/**/*.test.ts', 'tests/**/*.test.ts', 'tools/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 120_000,
    // Most tests wait for a process or for the emulator: the default, a worker less than there are cores, leaves one of two idle.
    maxWorkers: 2,
  },
});
