/** The AWS client that it takes to find a released image, for what needs no others. */

import { ECRClient } from '@aws-sdk/client-ecr';
import { bucketOf } from '@mip/registry/limits';
import { Calls } from './calls.ts';
import { type Connection, configOf } from './connection.ts';

export interface ImageAws {
  readonly ecr: ECRClient;
  readonly calls: Calls;
}

export function makeImageAws(connection: Connection): ImageAws {
  const calls = new Calls(bucketOf);
  return { ecr: calls.watch(new ECRClient(configOf(connection)), 'ecr'), calls };
}
