import type { ClientTable, ConnectionTable, JobEvent, JobMessage, JobRecord, JobTable, OpenJobs, RateTable, Registry } from '@mip/registry';
import type { Tokens } from '@mip/registry/identity/tokens';
import type { AdminKeys } from './admin-keys.ts';
import type { AdministrationPorts } from './administration/ports.ts';
import type { Pages } from './docs/pages.ts';
import type { Images } from './look/images.ts';

/** One file in a job's record. */
export type ResultFile = NonNullable<JobRecord['results']>[number];

/** The results queue. */
export interface Events {
  /** Tells what happened to a job; the same event sent twice within 5 minutes arrives once. Of jobs that are nobody's nothing is told. */
  send(event: JobEvent): Promise<void>;
}

/** What a client may ask for where nothing else is said of it; 0 sets no limit. */
export interface Limits {
  /** Jobs that it may send in a minute. */
  readonly perMinute: number;
  /** Its jobs that may be open at a time. */
  readonly openJobs: number;
}

/** Everything the router needs from outside. `aws.ts` fills it in AWS, `testing/memory.ts` in tests. */
export interface Ports {
  readonly clients: Pick<ClientTable, 'find'>;
  /** Of the platform's issuer; absent where it has none. */
  readonly tokens?: Pick<Tokens, 'ofHeader'>;
  readonly limits: Limits;
  readonly rates: Pick<RateTable, 'take'>;
  readonly openJobs: Pick<OpenJobs, 'count'>;
  readonly registry: Pick<Registry, 'get'>;
  readonly jobs: Pick<JobTable, 'accept' | 'markQueued' | 'get' | 'cancel' | 'page'>;
  readonly requests: {
    /** Puts the message on the queue; the same job and delivery sent twice within 5 minutes arrives once. */
    send(queueUrl: string, message: JobMessage): Promise<void>;
  };
  readonly events: Events;
  readonly callbacks: {
    /** Host names, addresses and CIDRs that callbacks may go to beside public ones: `callbacks.allow` of the platform file. */
    readonly allowed: readonly string[];
  };
  /** Whose jobs may override rules on the input: `admission.override_roles` of the platform file. */
  readonly overrideRoles: readonly string[];
  /** The PACSs of the platform. */
  readonly images: Images;
  readonly results: {
    /** A link from which anybody can read the file for `seconds`; it downloads under the file's name. */
    link(file: ResultFile, seconds: number): Promise<string>;
  };
  readonly connections: Pick<ConnectionTable, 'issueTicket' | 'of'>;
  /** Where clients open a WebSocket. */
  readonly websocketUrl: string;
  readonly now: () => Date;
}

/** Everything the Lambda of the catalog and the document needs from outside. `admin-aws.ts` fills it in AWS. */
export interface AdminPorts extends AdministrationPorts, Partial<Pick<Ports, 'tokens' | 'limits'>> {
  readonly clients: Pick<ClientTable, 'find'>;
  readonly adminKeys: AdminKeys;
  readonly registry: Pick<Registry, 'get' | 'page'>;
  /** The files of the documentation page. */
  readonly pages: Pages;
  readonly now: () => Date;
}

export type AllPorts = Ports & AdminPorts;
