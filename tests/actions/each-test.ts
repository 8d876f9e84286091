/** One emulator for a test file, and a place of its own for each test, which ends with no violation of GitHub's description. */
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import type { TestEmulator } from '../emulator.ts';
import type { GitHubDouble } from '../github/double.ts';
import { Place } from './place.ts';

interface Opened {
  close(): Promise<void>;
}

/** @param take is given what was opened before each test, and the file's emulator. */
export function openForEachTest<T extends Opened>(
  open: (emulator: TestEmulator) => Promise<T>,
  githubOf: (opened: T) => GitHubDouble,
  take: (opened: T, emulator: TestEmulator) => void,
): void {
  let emulator: TestEmulator;
  let opened: T;
  beforeAll(async () => {
    emulator = await Place.emulator();
  });
  afterAll(() => emulator.stop());
  beforeEach(async () => {
    opened = await open(emulator);
    take(opened, emulator);
  });
  afterEach(async () => {
    expect(githubOf(opened).violations).toEqual([]);
    await opened.close();
  });
}

/** A place with a catalog of these algorithms. */
export function placeForEachTest(algorithms: readonly string[], take: (place: Place, emulator: TestEmulator) => void): void {
  openForEachTest(
    (emulator) => Place.open(emulator, algorithms),
    ({ github }) => github,
    take,
  );
}
