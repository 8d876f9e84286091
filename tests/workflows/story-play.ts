/** Plays a story: a region on an emulator, a double of GitHub's API, the workflows of this repository, chapter after chapter. */
import assert from 'node:assert/strict';
import { Candidates } from '../actions/candidates.ts';
import type { Files } from '../actions/catalog.ts';
import { Place } from '../actions/place.ts';
import { sourceFiles } from '../actions/source.ts';
import { StandIn } from '../actions/stand-in.ts';
import type { RepositoryDouble } from '../github/repository-double.ts';
import type { WorkflowRun } from './act.ts';
import { Runner, type RunOptions } from './runner.ts';

/** Where it plays. */
export interface Stage {
  readonly runner: Runner;
  readonly repository: RepositoryDouble;
  /** What a run is given, so that it finds the programs that stand in for Docker. */
  readonly programs: Pick<RunOptions, 'programs' | 'environment'>;
}

/** A chapter that was played: what is looked at. */
export interface Scene extends Stage {
  readonly run: WorkflowRun;
  /** The comment on the story's pull request as it stood before. */
  readonly before: { readonly id: number; readonly body: string } | undefined;
  /** Names of the roles that were taken on. */
  readonly roles: readonly string[];
}

export interface Chapter {
  readonly title: string;
  /** What somebody does. */
  readonly done: string;
  readonly play: (stage: Stage) => Promise<WorkflowRun>;
  /** What a person then sees, line by line. */
  readonly seen: (scene: Scene) => Promise<readonly string[]> | readonly string[];
  /** @throws {AssertionError} if it did not end as it should. */
  readonly holds: (scene: Scene) => Promise<void> | void;
}

export interface Played {
  readonly title: string;
  readonly done: string;
  readonly seen: readonly string[];
  /** Why it did not end as it should. */
  readonly fault: string | undefined;
  /** The comment on the story's pull request, Markdown. */
  readonly comment: string | undefined;
}

/** What of a chapter is told as soon as it is known. */
export interface Listener {
  readonly begins?: (chapter: Chapter, number: number) => void;
  readonly ended?: (played: Played) => void;
}

/** Plays until a chapter does not end as it should: those after it build on it. */
export async function playStory(chapters: readonly Chapter[], { begins, ended }: Listener = {}): Promise<readonly Played[]> {
  const emulator = await Place.emulator();
  const standIn = new StandIn();
  const runner = await Runner.open(emulator, ['seg', 'other']);
  const candidates = await Candidates.open(runner.place);
  try {
    const { repository } = runner.place.github;
    runner.place.push('main', { ...sourceFiles(), ...movingTags(repository) }, 'Add plus-one');
    const stage = { runner, repository, programs: { programs: standIn.folder, environment: standIn.variables() } };
    const played: Played[] = [];
    for (const [index, chapter] of chapters.entries()) {
      begins?.(chapter, index + 1);
      const one = await playChapter(chapter, stage);
      played.push(one);
      ended?.(one);
      if (one.fault) break;
    }
    return played;
  } finally {
    standIn.remove();
    await candidates.close();
    await runner.close();
    await emulator.stop();
  }
}

/** The emulator forgets which tags may move where the others may not, and that would be drift. */
function movingTags(repository: RepositoryDouble): Files {
  const file = 'catalog/platforms/north.yaml';
  return { [file]: repository.file('main', file)?.replace('images: {', 'images: { version_tags: mutable,') ?? null };
}

/** The story has one pull request that people wrote, its first; it has one comment. */
export function commentOf(repository: RepositoryDouble): Scene['before'] {
  const [comment] = repository.comments(1);
  return comment && { id: comment.id, body: comment.body };
}

async function playChapter({ title, done, play, seen, holds }: Chapter, stage: Stage): Promise<Played> {
  const { assumed } = stage.runner.identity;
  const [before, known] = [commentOf(stage.repository), assumed.length];
  const run = await play(stage);
  const roles = [...new Set(assumed.slice(known).map((arn) => arn.split('/')[1] ?? ''))];
  const scene = { ...stage, run, before, roles };
  const comment = commentOf(stage.repository)?.body;
  return { title, done, seen: await seen(scene), fault: await faultOf(() => holds(scene), stage), comment };
}

async function faultOf(holds: () => Promise<void> | void, { runner }: Stage): Promise<string | undefined> {
  try {
    await holds();
    assert.deepEqual(runner.place.github.violations, [], 'a request does not fit the description of GitHub’s API');
    return undefined;
  } catch (error) {
    if (error instanceof assert.AssertionError) return error.message;
    throw error;
  }
}
