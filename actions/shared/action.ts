/** What surrounds every action: its environment read once, its failures told as a sentence. */
import { resolve, sep } from 'node:path';
import { debug, getInput, setFailed } from '@actions/core';
import { context } from '@actions/github';
import { printable } from '@mip/catalog/printable';
import { sentenceOf } from '@mip/reconcile/aws/errors';
import { text } from '@mip/reconcile/report/markdown';
import { GitHubFailure } from './github.ts';
import { summarise } from './summary.ts';

/** Where an action runs: what GitHub says of the repository, the commit and the run. */
export interface Place {
  readonly repository: { readonly owner: string; readonly repo: string };
  /** What triggered the run, like `pull_request`. */
  readonly event: string;
  readonly payload: typeof context.payload;
  /** The commit that triggered the run. */
  readonly sha: string;
  readonly actor: string;
  /** The address of the run's page. */
  readonly runUrl: string;
}

export function placeOf(): Place {
  const { repo, eventName: event, payload, sha, actor, serverUrl, runId } = context;
  const runUrl = `${serverUrl}/${repo.owner}/${repo.repo}/actions/runs/${runId}`;
  return { repository: repo, event, payload, sha, actor, runUrl };
}

/** Something that a user can mend; its message is all that is shown. */
export class Failure extends Error {
  override readonly name = 'Failure';
}

/**
 * Starts an action; whatever it throws fails the step with a sentence and leaves no stack trace, unless debugging is on. It is not awaited:
 * a bundle that waits at its top level takes twice as long to start.
 */
export function runAction(work: () => Promise<void>): void {
  let ended = false;
  void attempt(work).finally(() => {
    ended = true;
  });
  // What nothing will ever settle lets the process end, and GitHub would take that for success.
  process.once('beforeExit', () => {
    if (!ended) setFailed('the action stopped before its work was done; run it again');
  });
}

async function attempt(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (error instanceof Error && error.stack) debug(printable(error.stack));
    const sentence = error instanceof GitHubFailure || error instanceof Failure ? error.message : sentenceOf(error);
    const lines = sentence.split('\n').map(printable);
    setFailed(lines.join('\n'));
    await summarise(['### ❌ This step failed', ...lines.map(text)].join('\n\n')).catch(() => undefined); // the log has it
  }
}

/** A folder inside the workspace, from an input. @throws {Failure} for one that lies outside. */
export function folderInput(name: string, workspace: string): string {
  const folder = resolve(workspace, getInput(name) || '.');
  if (folder !== resolve(workspace) && !folder.startsWith(resolve(workspace) + sep))
    throw new Failure(`the input ${name} leads out of the workspace; give a folder inside it`);
  return folder;
}

/** `true` or `false`, or one more word that the action knows. @throws {Failure} for anything else. */
export function choiceInput<Word extends string>(name: string, words: readonly Word[]): Word {
  const given = getInput(name);
  const found = words.find((word) => word === given);
  if (found === undefined) throw new Failure(`the input ${name} is "${given}"; it takes ${words.join(', ')}`);
  return found;
}

/** A positive whole number, or undefined where the input is empty. @throws {Failure} for anything else. */
export function numberInput(name: string): number | undefined {
  const given = getInput(name);
  if (given === '') return undefined;
  if (!/^[1-9]\d{0,9}$/.test(given)) throw new Failure(`the input ${name} is "${given}"; it takes a number`);
  return Number(given);
}

/** The words of an input, separated by spaces, commas or lines. @throws {Failure} for one that is not among those known. */
export function wordsInput<Word extends string>(name: string, known: readonly Word[]): readonly Word[] {
  const given = getInput(name)
    .split(/[\s,]+/)
    .filter(Boolean);
  const unknown = given.filter((word) => !known.includes(word as Word));
  if (unknown.length > 0) throw new Failure(`the input ${name} does not take ${unknown.join(', ')}; it takes ${known.join(', ')}`);
  return given as Word[];
}
