/** Two clients' keys, an algorithm, and a request that it takes. */
import type { RegistryEntry } from '@mip/registry';

export const KEY = `mip_${'a'.repeat(43)}`;
export const OTHER_KEY = `mip_${'b'.repeat(43)}`;
export const ADMIN_KEY = `mipadmin_${'d'.repeat(43)}`;
export const MOST_BYTES = 10_000;
export const QUEUE = 'https://sqs.example/000000000000/mip-window-level-requests.fifo';

const contract = {
  name: 'window-level',
  version: '1.2.0',
  description: 'Maps to 8 bits.',
  algorithm_type: 'openmp',
  parameters: {
    center: { type: 'float', minimum: -1000, maximum: 1000 },
    width: { type: 'float', minimum: 1 },
    function: { type: 'enum', values: ['LINEAR', 'SIGMOID'], default: 'LINEAR' },
    note: { type: 'string' },
  },
  input: { scope: ['instance'], units: 'modality' },
  output: { kind: 'image' },
  license: 'Apache-2.0',
  regulatory: { status: 'research' },
} as const;

export const ENTRY: RegistryEntry = {
  ...contract,
  algorithm_name: 'window-level',
  managed_by: 'mip',
  spec_hash: 'x',
  status: 'active',
  image_uri: `000000000000.dkr.ecr.eu-central-1.amazonaws.com/mip-window-level@sha256:${'0'.repeat(64)}`,
  cpu: 256,
  memory: 512,
  timeout: 300,
  scaling: { min: 0, max: 4 },
  architecture: 'amd64',
  entry: contract,
  queue_url: QUEUE,
  service: 'mip-window-level',
  commit_sha: '0'.repeat(40),
  created_at: '2024-01-01T00:00:00.000Z',
  updated_at: '2024-01-01T00:00:00.000Z',
};

export const PACS = { study_uid: '1.2.3', series_uid: '1.2.3.4', instance_uid: '1.2.3.4.5' };
export const REQUEST = { job_id: 'job-1', pacs: PACS, parameters: { center: 40, width: 400 } };
export const JOB = { client_id: 'clinic-a', job_id: 'job-1' };
