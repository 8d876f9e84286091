/** A catalog that is changed while the local cloud runs, as `docs/live-catalog.md` tells it; and what becomes of a cloud that is cut off. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CHAPTERS } from '../live/chapters.ts';
import { livePage } from '../live/page.ts';
import { playLive } from '../live/play.ts';
import { Stage } from '../live/stage.ts';

const PAGE = join(import.meta.dirname, '..', '..', 'docs', 'live-catalog.md');
const UP_MS = 240_000;
const stage = new Stage();
const { cloud } = stage;

beforeAll(async () => {
  expect(await cloud.start(), cloud.printed).toBe(undefined);
}, UP_MS);
afterAll(() => stage.remove(), 60_000);

it('is live a moment later, chapter by chapter', { timeout: UP_MS }, async () => {
  const played = await playLive(stage);
  expect(played.flatMap(({ fault }) => fault ?? [])).toEqual([]);
  expect(played).toHaveLength(CHAPTERS.length);
  expect(livePage(played), 'it is another by now: npm run live -- --write').toBe(readFileSync(PAGE, 'utf8'));
});

it('is not run a second time from the same folder', () => {
  const second = cloud.mip(['up', '--exit'], { MIP_PORT: String(cloud.port) });
  expect(second.err).toBe(
    `mip: Process ${cloud.pid} already runs a local cloud in this folder: stop it, or set MIP_HOME to another folder.\n`,
  );
  expect(second.code).toBe(1);
});

it('says when the emulator was killed, and is rebuilt from Git with what was lost named', { timeout: UP_MS }, async () => {
  const { pid } = JSON.parse(readFileSync(join(cloud.home, 'emulator.json'), 'utf8'));
  process.kill(pid, 'SIGKILL');
  expect(await cloud.ended()).toBe(1);
  expect(cloud.printed).toMatch(/mip: The AWS emulator has ended, though nobody stopped it; .*Start again/);
  expect(await cloud.start('--exit'), cloud.printed).toBe(0);
  expect(cloud.printed).toContain('everything in it is lost (images, jobs, results, keys). It is built anew from Git.');
  expect(cloud.printed).toMatch(/Reconcile the catalog: [1-9]\d+ changes made/);
  expect(cloud.printed).toMatch(/window-level .*equal to the reference/);
});
