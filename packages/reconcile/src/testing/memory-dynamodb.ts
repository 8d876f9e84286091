/** DynamoDB tables in memory, with the expressions that registry and lease use, in small pages. */

import { ConditionalCheckFailedException, ResourceNotFoundException } from '@aws-sdk/client-dynamodb';
import type {
  BatchGetCommandInput,
  DeleteCommandInput,
  GetCommandInput,
  PutCommandInput,
  ScanCommandInput,
  UpdateCommandInput,
} from '@aws-sdk/lib-dynamodb';
import { type Operations, pageOf, refuse } from './world.ts';

type Item = Record<string, unknown>;
type Expression = Pick<UpdateCommandInput, 'ConditionExpression' | 'ExpressionAttributeNames' | 'ExpressionAttributeValues'>;

/** AWS cuts pages at 1 MB; here so early that a test of 100 rows has to page. */
const PAGE = 40;
/** AWS answers as much of a batch as fits into 16 MB and its throughput; here so little that a test of 100 rows has to ask again. */
const ANSWERED = 60;

export class MemoryDynamoDb {
  readonly #tables: ReadonlyMap<string, MemoryTable>;

  constructor(tables: readonly MemoryTable[]) {
    this.#tables = new Map(tables.map((table) => [table.name, table]));
  }

  readonly operations: Operations = {
    GetItem: ({ TableName, Key = {} }: GetCommandInput) => ({ Item: this.#open(TableName).get(Key) }),
    BatchGetItem: ({ RequestItems = {} }: BatchGetCommandInput) => {
      const tables = Object.entries(RequestItems).map(([name, { Keys = [] }]) => ({ name, Keys }));
      const found = tables.map(({ name, Keys }) => [name, Keys.slice(0, ANSWERED).flatMap((key) => this.#open(name).get(key) ?? [])]);
      const left = tables.filter(({ Keys }) => Keys.length > ANSWERED).map(({ name, Keys }) => [name, { Keys: Keys.slice(ANSWERED) }]);
      return { Responses: Object.fromEntries(found), UnprocessedKeys: Object.fromEntries(left) };
    },
    Scan: ({ TableName, ProjectionExpression, ExclusiveStartKey }: ScanCommandInput) => {
      const fields = ProjectionExpression?.split(', ');
      const items = [...this.#open(TableName).items.values()];
      const { page, next } = pageOf(items, PAGE, ExclusiveStartKey?.offset as string | undefined);
      const project = (item: Item) => (fields ? Object.fromEntries(fields.map((name) => [name, item[name]])) : item);
      return { Items: page.map(project), ...(next && { LastEvaluatedKey: { offset: next } }) };
    },
    PutItem: ({ TableName, Item = {}, ...rest }: PutCommandInput) => {
      const table = this.#open(TableName);
      check(table.get(Item), rest);
      table.put(Item);
      return {};
    },
    UpdateItem: ({ TableName, Key = {}, UpdateExpression = '', ReturnValues, ...rest }: UpdateCommandInput) => {
      const table = this.#open(TableName);
      const before = table.get(Key);
      check(before, rest);
      const after = { ...Key, ...assign(before ?? {}, UpdateExpression, rest) };
      table.put(after);
      return ReturnValues === 'ALL_NEW' ? { Attributes: after } : {};
    },
    DeleteItem: ({ TableName, Key = {}, ...rest }: DeleteCommandInput) => {
      const table = this.#open(TableName);
      check(table.get(Key), rest);
      table.delete(Key);
      return {};
    },
  };

  #open(name = ''): MemoryTable {
    return this.#tables.get(name) ?? refuse(ResourceNotFoundException, `no table ${name}`);
  }
}

/** One table with its key: one attribute, or a partition's and a sort key. */
export class MemoryTable {
  readonly items = new Map<string, Item>();
  readonly name: string;
  readonly #key: readonly string[];

  constructor(name: string, ...key: readonly string[]) {
    this.name = name;
    this.#key = key;
  }

  get(key: Item): Item | undefined {
    return this.items.get(this.#keyOf(key));
  }

  put(item: Item): void {
    this.items.set(this.#keyOf(item), item);
  }

  delete(key: Item): void {
    this.items.delete(this.#keyOf(key));
  }

  #keyOf(item: Item): string {
    return this.#key.map((name) => item[name]).join(' ');
  }
}

/** Knows `attribute_exists(a)`, `attribute_not_exists(a)`, `a = :b`, `a < :b` and `a IN (:b,:c)`, joined by AND, those joined by OR. */
function check(item: Item | undefined, { ConditionExpression, ...expression }: Expression): void {
  const holds = (term: string) => {
    const [, not, attribute] = /^attribute_(not_)?exists\((.+)\)$/.exec(term) ?? [];
    if (attribute) return (item?.[nameOf(attribute, expression)] === undefined) === (not !== undefined);
    const [, member, listed] = /^(\S+) IN \((.+)\)$/.exec(term) ?? [];
    if (member && listed) return listed.split(',').some((one) => valueAt(one, expression) === item?.[nameOf(member, expression)]);
    const [, left = '', sign, right = ''] =
      /^(\S+) (=|<) (\S+)$/.exec(term) ?? refuse(ConditionalCheckFailedException, `cannot read ${term}`);
    const [value, limit] = [item?.[nameOf(left, expression)], valueAt(right, expression)];
    return sign === '=' ? value === limit : typeof value === 'number' && value < (limit as number);
  };
  if (ConditionExpression && !ConditionExpression.split(' OR ').some((side) => side.split(' AND ').every(holds)))
    refuse(ConditionalCheckFailedException, 'The conditional request failed');
}

/** Knows `SET a = :b, c = if_not_exists(c, :d) REMOVE e, f`; either half may be missing. */
function assign(item: Item, update: string, expression: Expression): Item {
  const [, set = '', remove = ''] = /^(?:SET (.+?))?(?: ?REMOVE (.+))?$/.exec(update) ?? [];
  const result = { ...item };
  for (const [, name = '', kept, value = ''] of set.matchAll(/([#\w]+) = (?:if_not_exists\(([#\w]+), )?(:\w+)/g)) {
    const current = kept && item[nameOf(kept, expression)];
    result[nameOf(name, expression)] = current ?? valueAt(value, expression);
  }
  for (const name of remove.split(/, ?/).filter(Boolean)) delete result[nameOf(name, expression)];
  return result;
}

function nameOf(name: string, { ExpressionAttributeNames = {} }: Expression): string {
  return name.startsWith('#') ? (ExpressionAttributeNames[name] as string) : name;
}

function valueAt(name: string, { ExpressionAttributeValues = {} }: Expression): unknown {
  return ExpressionAttributeValues[name];
}
