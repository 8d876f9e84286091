import { configDefaults, defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { FULL } from './tests/full.ts';

/** Minutes of a whole local cloud each, whose parts other tests hold: `npm run test:full` only. */
const FULL_ONLY = [
  'tests/e2e/live-catalog.test.ts',
  'tests/e2e/reconcile.test.ts',
  'tests/e2e/rollout.test.ts',
  'tests/e2e/scaling.test.ts',
  'tests/containers/up.test.ts',
  'tests/workflows/story.test.ts',
];

/** They take minutes, and are begun first: one that is begun last is waited for alone. No two whole clouds stand side by side at the start. */
const LONG = [
  'tests/e2e/local-cloud.test.ts',
  'tests/actions/build.test.ts',
  'tests/actions/reconcile.test.ts',
  'tests/e2e/pacs.test.ts',
  'tests/workflows/story.test.ts',
  'tests/actions/rollback.test.ts',
  'tests/faults/worker/loop.emulator.test.ts',
  'tests/faults/apply.emulator.test.ts',
  'packages/cli/src/commands/deploy.emulator.test.ts',
  'tests/actions/approve.test.ts',
];

class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) =>
      (LONG.findIndex((file) => moduleId.endsWith(file)) + LONG.length + 1) % (LONG.length + 1);
    return (await super.sort(files)).sort((one, other) => rank(one) - rank(other));
  }
}

const exclude = [...configDefaults.exclude, ...(FULL ? [] : FULL_ONLY)];
/** A process for each file: they start many, and to start one from a large process is slow. So threads would take longer, too. */
const APART = ['tests/**/*.test.ts', 'tools/**/*.test.ts'];
/** They share a few processes, so that what they import is loaded once: they leave nothing behind there. */
const BESIDE_THE_CODE = ['actions/**/*.test.ts', 'packages/*/src/**/*.test.ts', 'infra/test/**/*.test.ts'];

export default defineConfig({
  test: {
    globalSetup: ['tests/one-emulator.ts'],
    setupFiles: ['tests/properties.ts'],
    sequence: { sequencer: LongFirst },
    testTimeout: 60_000, // a process of a test that takes five seconds alone may take six times that beside all others
    hookTimeout: 120_000,
    // Most tests wait for a process or for the emulator, some a minute for a queue: one worker more than the two cores that there are.
    maxWorkers: 3,
    projects: [
      { extends: true, test: { name: 'apart', include: APART, exclude } },
      { extends: true, test: { name: 'beside', include: BESIDE_THE_CODE, exclude, isolate: false } },
    ],
  },
});
