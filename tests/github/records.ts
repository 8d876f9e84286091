/** What the double remembers of each thing: facts from which its answers are made. */
import type { Repository } from './state.ts';

export interface Label {
  readonly id: number;
  readonly name: string;
  readonly color: string;
  readonly description: string | null;
}

export interface Comment {
  readonly id: number;
  readonly issue: number;
  readonly login: string;
  readonly created: string;
  body: string;
  updated: string;
}

/** An issue, or the half of a pull request that it shares with issues. */
export interface Issue {
  readonly id: number;
  readonly number: number;
  readonly login: string;
  readonly created: string;
  title: string;
  body: string | null;
  state: 'open' | 'closed';
  reason: 'completed' | 'duplicate' | 'not_planned' | 'reopened' | null;
  labels: string[];
  assignees: string[];
  updated: string;
  closed: string | null;
  closedBy: string | null;
}

export interface PullRequest {
  readonly number: number;
  readonly head: { readonly repository: Repository; readonly ref: string; sha: string };
  readonly base: { ref: string; sha: string };
  readonly draft: boolean;
  merged?: Merge;
}

export interface Merge {
  readonly at: string;
  readonly login: string;
  readonly sha: string;
  /** All commits that came to the base with it. */
  readonly commits: readonly string[];
}

export interface Review {
  readonly id: number;
  readonly pullRequest: number;
  readonly login: string;
  state: 'APPROVED' | 'CHANGES_REQUESTED' | 'COMMENTED' | 'DISMISSED';
  readonly body: string;
  readonly commit: string;
  readonly at: string;
}

export interface CheckRun {
  readonly id: number;
  readonly sha: string;
  readonly app: string;
  readonly started: string;
  name: string;
  externalId: string;
  detailsUrl: string | null;
  status: 'completed' | 'in_progress' | 'queued';
  conclusion: string | null;
  completed: string | null;
  title: string | null;
  summary: string | null;
  text: string | null;
  annotations: readonly object[];
}

export interface CommitStatus {
  readonly id: number;
  readonly sha: string;
  readonly login: string;
  readonly state: 'error' | 'failure' | 'pending' | 'success';
  readonly context: string;
  readonly description: string | null;
  readonly target: string | null;
  readonly at: string;
}

export interface Deployment {
  readonly id: number;
  readonly sha: string;
  readonly ref: string;
  readonly task: string;
  readonly environment: string;
  readonly description: string | null;
  readonly payload: string | Record<string, unknown>;
  readonly login: string;
  readonly transient: boolean;
  readonly production: boolean;
  readonly at: string;
  /** Oldest first. */
  readonly statuses: DeploymentStatus[];
}

export interface DeploymentStatus {
  readonly id: number;
  readonly state: 'error' | 'failure' | 'in_progress' | 'inactive' | 'pending' | 'queued' | 'success';
  readonly login: string;
  readonly description: string;
  readonly environment: string;
  readonly environmentUrl: string;
  readonly logUrl: string;
  readonly at: string;
}

export type Conclusion = 'cancelled' | 'failure' | 'skipped' | 'success' | 'timed_out';

export interface Job {
  readonly id: number;
  readonly name: string;
  readonly conclusion: Conclusion | null;
  readonly steps: readonly { readonly name: string; readonly conclusion: Conclusion | null }[];
}

export interface WorkflowRun {
  readonly id: number;
  /** Like `.github/workflows/scale.yml`. */
  readonly workflow: string;
  readonly event: string;
  readonly branch: string;
  readonly sha: string;
  readonly login: string;
  readonly attempt: number;
  readonly at: string;
  readonly jobs: readonly Job[];
}

export interface Dispatch {
  readonly workflow: string;
  readonly ref: string;
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly login: string;
}

/** Pending: invited, and not accepted yet. */
export type Membership = 'active' | 'pending';

export type Role = 'admin' | 'maintain' | 'read' | 'triage' | 'write';
