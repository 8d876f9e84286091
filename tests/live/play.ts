/** Plays the chapters on a local cloud that runs already. */
import assert from 'node:assert/strict';
import { CHAPTERS, type Chapter } from './chapters.ts';
import type { Stage } from './stage.ts';

export interface Played extends Pick<Chapter, 'title' | 'done'> {
  readonly seen: readonly string[];
  /** Why it did not end as it should. */
  readonly fault?: string;
}

/** Until a chapter does not end as it should: those after it build on it. */
export async function playLive(stage: Stage, ended: (played: Played) => void = () => undefined): Promise<readonly Played[]> {
  const played: Played[] = [];
  for (const chapter of CHAPTERS) {
    const one = await playChapter(chapter, stage);
    played.push(one);
    ended(one);
    if (one.fault !== undefined) break;
  }
  return played;
}

async function playChapter({ title, done, play }: Chapter, stage: Stage): Promise<Played> {
  try {
    return { title, done, seen: await play(stage) };
  } catch (error) {
    if (error instanceof assert.AssertionError) return { title, done, seen: [], fault: error.message };
    throw error;
  }
}
