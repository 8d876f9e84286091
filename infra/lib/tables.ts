/** The registry, the jobs, the clients and their connections, the index of the images and the lease of reconcile. Data outlives the stack: every table is retained, protected and recoverable in time. */

import type { Table } from '@mip/registry/names';
import { RemovalPolicy } from 'aws-cdk-lib';
import {
  type Attribute,
  AttributeType,
  Billing,
  type GlobalSecondaryIndexPropsV2,
  ProjectionType,
  TableV2,
} from 'aws-cdk-lib/aws-dynamodb';
import type { Construct } from 'constructs';
import type { Place } from './platform.ts';

export type Tables = Readonly<Record<Table, TableV2>>;

interface Shape {
  readonly id: string;
  readonly partitionKey: string;
  readonly sortKey?: string;
  /** The attribute that says when an item goes by itself, in seconds since 1970. */
  readonly expiry?: string;
  readonly indexes?: readonly Index[];
}

interface Index {
  readonly name: string;
  readonly partitionKey: string;
  readonly sortKey: string;
  /** Holds nothing but keys; without it, all attributes. */
  readonly keysOnly?: boolean;
}

const SHAPES: Readonly<Record<Table, Shape>> = {
  algorithms: { id: 'Algorithms', partitionKey: 'algorithm_name' },
  jobs: {
    id: 'Jobs',
    partitionKey: 'client_id',
    sortKey: 'job_id',
    indexes: [
      { name: 'by-client', partitionKey: 'client_id', sortKey: 'accepted_at' },
      { name: 'by-algorithm', partitionKey: 'algorithm', sortKey: 'accepted_at' },
      { name: 'by-client-open', partitionKey: 'client_id', sortKey: 'open_state', keysOnly: true }, // sparse too: counted, never read
      { name: 'by-open-state', partitionKey: 'open_state', sortKey: 'updated_at' }, // sparse: a job whose end is told has no open_state
    ],
  },
  clients: { id: 'Clients', partitionKey: 'key_hash' },
  images: {
    id: 'ImageIndex',
    partitionKey: 'study',
    sortKey: 'row',
    indexes: [
      { name: 'by-listing', partitionKey: 'listed', sortKey: 'sorted_by' }, // studies and series, by date
      { name: 'by-patient', partitionKey: 'patient', sortKey: 'sorted_by' },
      { name: 'by-accession', partitionKey: 'accession', sortKey: 'sorted_by' },
      { name: 'by-instance', partitionKey: 'instance_hash', sortKey: 'row', keysOnly: true },
    ],
  },
  leases: { id: 'Leases', partitionKey: 'lease' },
  connections: { id: 'Connections', partitionKey: 'client_id', sortKey: 'row', expiry: 'expires_at' },
};

export function addTables(scope: Construct, place: Place): Tables {
  return {
    algorithms: addTable(scope, place, 'algorithms'),
    jobs: addTable(scope, place, 'jobs'),
    clients: addTable(scope, place, 'clients'),
    images: addTable(scope, place, 'images'),
    leases: addTable(scope, place, 'leases'),
    connections: addTable(scope, place, 'connections'),
  };
}

function addTable(scope: Construct, { names }: Place, table: Table): TableV2 {
  const { id, partitionKey, sortKey, expiry, indexes = [] } = SHAPES[table];
  return new TableV2(scope, id, {
    tableName: names.table(table),
    partitionKey: text(partitionKey),
    ...(sortKey === undefined ? {} : { sortKey: text(sortKey) }),
    ...(expiry === undefined ? {} : { timeToLiveAttribute: expiry }),
    globalSecondaryIndexes: indexes.map(
      (index): GlobalSecondaryIndexPropsV2 => ({
        indexName: index.name,
        partitionKey: text(index.partitionKey),
        sortKey: text(index.sortKey),
        ...(index.keysOnly && { projectionType: ProjectionType.KEYS_ONLY }),
      }),
    ),
    billing: Billing.onDemand(),
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    deletionProtection: true,
    removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
  });
}

function text(name: string): Attribute {
  return { name, type: AttributeType.STRING };
}
