/** The routes of the other Lambda: the catalog, and the document. The HTTP API sends it what begins with their first segments, `infra/lib/api.ts`. */
import type { AdminPorts } from '../ports.ts';
import { changeAlgorithm } from './change-algorithm.ts';
import { createAlgorithm } from './create-algorithm.ts';
import { deleteAlgorithm } from './delete-algorithm.ts';
import { listAlgorithms } from './list-algorithms.ts';
import { listRuns } from './list-runs.ts';
import { readAlgorithm } from './read-algorithm.ts';
import { readDocs, readDocsFile } from './read-docs.ts';
import { readDocument } from './read-document.ts';
import { readRun } from './read-run.ts';
import type { Route } from './route.ts';

export const ADMIN_ROUTES: readonly Route<AdminPorts>[] = [
  listAlgorithms,
  createAlgorithm,
  readAlgorithm,
  changeAlgorithm,
  deleteAlgorithm,
  listRuns,
  readRun,
  readDocument,
  readDocs,
  readDocsFile,
];
