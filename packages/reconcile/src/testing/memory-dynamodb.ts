/** One DynamoDB table in memory, with the expressions that the registry uses, in small pages. */

import { ConditionalCheckFailedException, ResourceNotFoundException } from '@aws-sdk/client-dynamodb';
import type {
  BatchGetCommandInput,
  DeleteCommandInput,
  GetCommandInput,
  ScanCommandInput,
  UpdateCommandInput,
} from '@aws-sdk/lib-dynamodb';
import { LIMITS } from '@mip/registry/limits';
import { type Operations, pageOf, refuse } from './world.ts';

type Item = Record<string, unknown>;
type Expression = Pick<UpdateCommandInput, 'ConditionExpression' | 'ExpressionAttributeNames' | 'ExpressionAttributeValues'>;

/** AWS cuts pages at 1 MB; here so early that a test of 100 rows has to page. */
const PAGE = 40;

export class MemoryTable {
  readonly items = new Map<string, Item>();
  readonly #table: string;
  readonly #key: string;

  constructor(table: string, key: string) {
    this.#table = table;
    this.#key = key;
  }

  readonly operations: Operations = {
    GetItem: ({ TableName, Key = {} }: GetCommandInput) => ({ Item: this.#open(TableName).get(this.#id(Key)) }),
    BatchGetItem: ({ RequestItems = {} }: BatchGetCommandInput) => {
      const keys = RequestItems[this.#table]?.Keys ?? [];
      if (keys.length > LIMITS.dynamodb.batchGet || keys.length === 0) throw new Error('ValidationException: 1 to 100 keys');
      return { Responses: { [this.#table]: keys.flatMap((key) => this.items.get(this.#id(key)) ?? []) } };
    },
    Scan: ({ TableName, ProjectionExpression, ExclusiveStartKey }: ScanCommandInput) => {
      const fields = ProjectionExpression?.split(', ');
      const { page, next } = pageOf([...this.#open(TableName).values()], PAGE, ExclusiveStartKey?.offset as string | undefined);
      const project = (item: Item) => (fields ? Object.fromEntries(fields.map((name) => [name, item[name]])) : item);
      return { Items: page.map(project), ...(next && { LastEvaluatedKey: { offset: next } }) };
    },
    UpdateItem: ({ TableName, Key = {}, UpdateExpression = '', ...rest }: UpdateCommandInput) => {
      const items = this.#open(TableName);
      const before = items.get(this.#id(Key));
      this.#check(before, rest);
      items.set(this.#id(Key), { ...Key, ...assign(before ?? {}, UpdateExpression, rest) });
      return {};
    },
    DeleteItem: ({ TableName, Key = {}, ...rest }: DeleteCommandInput) => {
      this.#check(this.#open(TableName).get(this.#id(Key)), rest);
      this.items.delete(this.#id(Key));
      return {};
    },
  };

  #open(table: string | undefined): Map<string, Item> {
    return table === this.#table ? this.items : refuse(ResourceNotFoundException, `no table ${table}`);
  }

  #id(key: Item): string {
    return String(key[this.#key]);
  }

  /** Knows `attribute_not_exists(a)` and `a = :b`, joined by OR. */
  #check(item: Item | undefined, { ConditionExpression, ...expression }: Expression): void {
    const holds = (term: string) => {
      const [, absent] = /^attribute_not_exists\((.+)\)$/.exec(term) ?? [];
      if (absent) return item?.[nameOf(absent, expression)] === undefined;
      const [left = '', right = ''] = term.split(' = ');
      return item?.[nameOf(left, expression)] === valueAt(right, expression);
    };
    if (ConditionExpression && !ConditionExpression.split(' OR ').some(holds))
      refuse(ConditionalCheckFailedException, 'The conditional request failed');
  }
}

/** Knows `SET a = :b, c = if_not_exists(c, :d) REMOVE e, f`. */
function assign(item: Item, update: string, expression: Expression): Item {
  const [, set = '', remove = ''] = /^SET (.+?) REMOVE (.+)$/.exec(update) ?? [];
  const result = { ...item };
  for (const [, name = '', kept, value = ''] of set.matchAll(/([#\w]+) = (?:if_not_exists\(([#\w]+), )?(:\w+)/g)) {
    const current = kept && item[nameOf(kept, expression)];
    result[nameOf(name, expression)] = current ?? valueAt(value, expression);
  }
  for (const name of remove.split(', ')) delete result[nameOf(name, expression)];
  return result;
}

function nameOf(name: string, { ExpressionAttributeNames = {} }: Expression): string {
  return name.startsWith('#') ? (ExpressionAttributeNames[name] as string) : name;
}

function valueAt(name: string, { ExpressionAttributeValues = {} }: Expression): unknown {
  return ExpressionAttributeValues[name];
}
