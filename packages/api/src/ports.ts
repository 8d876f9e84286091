import type { ClientTable, JobMessage, JobRecord, JobTable, Registry } from '@mip/registry';
import type { Images } from './look/images.ts';

/** One file in a job's record. */
export type ResultFile = NonNullable<JobRecord['results']>[number];

/** Everything the API needs from outside. `aws.ts` fills it in AWS, `testing/memory.ts` in tests. */
export interface Ports {
  readonly clients: Pick<ClientTable, 'find'>;
  readonly registry: Pick<Registry, 'get'>;
  readonly jobs: Pick<JobTable, 'accept' | 'markQueued' | 'get' | 'cancel'>;
  readonly requests: {
    /** Puts the message on the queue; the same job and delivery sent twice within 5 minutes arrives once. */
    send(queueUrl: string, message: JobMessage): Promise<void>;
  };
  /** The PACSs of the platform. */
  readonly images: Images;
  readonly results: {
    /** A link from which anybody can read the file for `seconds`; it downloads under the file's name. */
    link(file: ResultFile, seconds: number): Promise<string>;
  };
  readonly now: () => Date;
}
