/** The port through which a rollout asks what a version has to show, and whether it has: reconcile knows neither images nor what is right. */

import type { JobMessage, JobRecord } from '@mip/registry';

/** One case of the catalog, ready to be a job. */
export interface PreparedCase {
  readonly name: string;
  /** Effective: with all defaults. */
  readonly parameters: JobMessage['parameters'];
  /** Part 10 files. */
  readonly images: readonly Uint8Array[];
  /** Of the images, as a request would name them; "0" where they cannot be read. */
  readonly uids: Pick<JobMessage['pacs'], 'study_uid' | 'series_uid' | 'instance_uid'>;
}

/** How a case's job ended on the candidate. */
export interface Ended {
  readonly case: string;
  /** Null for a job that did not succeed. */
  readonly outcome: NonNullable<JobRecord['outcome']> | null;
  readonly error: { readonly code: string; readonly message: string } | null;
  /** From the worker's receipt to the end; null where it never began. */
  readonly seconds: number | null;
  /** The results, by the names that the worker gave them. */
  readonly files: readonly { readonly name: string; readonly bytes: Uint8Array }[];
}

/** Knows the catalog of the run: asked by the algorithm's name. */
export interface Conformer {
  /** In the catalog's order. @throws {Error} with a sentence when one of them cannot be made a job, as when its image is not there. */
  cases(algorithm: string): Promise<readonly PreparedCase[]>;
  /** What is wrong with each, as sentences, in their order; [] = passed. @throws {Error} with a sentence when there is no verdict. */
  judge(algorithm: string, ends: readonly Ended[]): Promise<readonly (readonly string[])[]>;
}

/** For programs that roll nothing out: what has cases fails there, and is never taken for passed. */
export const nobodyJudges: Conformer = {
  async cases(algorithm) {
    throw new Error(`this program was not told who judges the conformance cases of ${algorithm}`);
  },
  async judge(algorithm) {
    throw new Error(`this program was not told who judges the conformance cases of ${algorithm}`);
  },
};
