/** The routes of the router's Lambda: clients' jobs, and what lets a client hear of them. */
import type { Ports } from '../ports.ts';
import { cancelJob } from './cancel-job.ts';
import { issueTicket } from './issue-ticket.ts';
import { listJobs } from './list-jobs.ts';
import { readHealth } from './read-health.ts';
import { readJob } from './read-job.ts';
import { readReady } from './read-ready.ts';
import { readResult } from './read-result.ts';
import type { Route } from './route.ts';
import { submitJob } from './submit-job.ts';

export const ROUTER_ROUTES: readonly Route<Ports>[] = [
  readHealth,
  readReady,
  submitJob,
  listJobs,
  readJob,
  readResult,
  cancelJob,
  issueTicket,
];
