/** Another number of tasks for good: a pull request that changes the catalog. */
import { info, notice } from '@actions/core';
import type { Algorithm } from '@mip/catalog';
import { EditError, editEntry } from '@mip/catalog/edit';
import { parseCount } from '@mip/reconcile/override';
import { Failure, type Place } from '../shared/action.ts';
import { readEntry } from '../shared/catalog.ts';
import { checkedOut, fileAt, prefixOf } from '../shared/checkout.ts';
import { connect } from '../shared/github.ts';
import { propose } from '../shared/proposal.ts';
import { proposedSummary } from '../shared/proposal-words.ts';
import { summarise } from '../shared/summary.ts';
import { scalingBody, scalingTitle, type Tasks } from './words.ts';

export interface TasksRequest {
  /** The repository with the catalog. */
  readonly root: string;
  readonly algorithm: Algorithm;
  /** As somebody wrote it. */
  readonly count: string;
  readonly place: Place;
  readonly token: string;
}

/** @returns the number of the pull request; undefined where the catalog says so already. */
export async function proposeTasks(request: TasksRequest): Promise<number | undefined> {
  const { root, algorithm, place, token } = request;
  const min = countOf(request.count);
  const commit = await checkedOut(root);
  const file = await fileAt(root, commit, `${await prefixOf(root)}${algorithm.file}`);
  const from = readEntry(file.text, algorithm.file, 'the entry has faults').scaling;
  const to = { min, max: Math.max(min, from.max) };
  if (from.min === to.min && from.max === to.max) {
    notice(`${algorithm.name} runs at least ${min} tasks by the catalog already: there is nothing to propose`);
    await summarise(`### ${algorithm.name} runs at least ${min} tasks by the catalog already\n\nNothing is proposed.`);
    return undefined;
  }
  const { path, mode } = file;
  const title = scalingTitle(algorithm.name, to);
  const proposed = await propose(connect(token), {
    repository: place.repository,
    branch: `mip/scale/${algorithm.name}`,
    commit,
    paths: [{ path, mode, content: edited(file.text, from, to, algorithm.file) }],
    title,
    body: scalingBody(algorithm.name, { from, to }, place.runUrl),
  });
  info(`${title}: ${proposed.made} ${proposed.url}`);
  await summarise(proposedSummary(title, proposed));
  return proposed.number;
}

function countOf(count: string): number {
  if (count === 'catalog') throw new Failure('count is "catalog", which changes nothing for good; give the number of tasks');
  try {
    return parseCount(count);
  } catch (error) {
    throw new Failure((error as Error).message);
  }
}

function edited(text: string, from: Tasks, to: Tasks, file: string): string {
  const fields = (['min', 'max'] as const).filter((field) => from[field] !== to[field]);
  try {
    const after = editEntry(
      text,
      fields.map((field) => ({ path: ['scaling', field], value: to[field] })),
    );
    readEntry(after, file, 'the entry would have faults with that number');
    return after;
  } catch (error) {
    throw error instanceof EditError ? new Failure(`${file}: ${error.message}`) : error;
  }
}
