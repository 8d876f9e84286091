import { configDefaults, defineConfig } from 'vitest/config';

/** Two minutes of a whole local cloud each, whose parts other tests hold: `npm run test:full` only. */
const FULL_ONLY = ['tests/e2e/live-catalog.test.ts'];

export default defineConfig({
  test: {
    include: ['actions/**/*.test.ts', 'packages/*/src/**/*.test.ts', 'infra/test/**/*.test.ts', 'tests/**/*.test.ts', 'tools/**/*.test.ts'],
    exclude: [...configDefaults.exclude, ...(process.env.MIP_TEST_FULL ? [] : FULL_ONLY)],
    testTimeout: 30_000,
    hookTimeout: 120_000,
    // Most tests wait for a process or for the emulator, some a minute for a queue: one worker more than the two cores that there are.
    maxWorkers: 3,
  },
});
