/** The schemas of the document, by name: those of `schemas/`, and what the API shows of records. Pure. */
import { SHOWN_OF_RECORD } from '../job-view.ts';
import type { Schema } from '../routes/route-schema.ts';

/** Names of `schemas/*.schema.json`. */
export type SchemaSource = 'algorithm' | 'job-request' | 'job-record' | 'job-event';

type Properties = Readonly<Record<string, Schema>>;

const TIME: Schema = { type: 'string', description: 'ISO 8601 in UTC.', format: 'date-time' };
const TEXT: Schema = { type: 'string' };

/** @param sources the schemas as they are in their files. */
export function componentSchemas(sources: Readonly<Record<SchemaSource, Schema>>): Readonly<Record<string, Schema>> {
  const record = propertiesOf(sources['job-record']);
  const entry = propertiesOf(sources.algorithm);
  return {
    AlgorithmEntry: published(sources.algorithm),
    JobRequest: published(sources['job-request']),
    JobEvent: published(sources['job-event']),
    Job: jobSchema(record),
    JobList: page('jobs', 'Job'),
    WebSocketTicket: object('What lets one WebSocket in.', {
      ticket: { ...TEXT, description: 'Goes into the address as `?ticket=`, once.' },
      url: { ...TEXT, format: 'uri', description: 'Where to connect, by wss or ws.' },
      expires_at: TIME,
    }),
    ResultLink: object('A link to a result.', { href: { ...TEXT, format: 'uri' }, expires_at: TIME }),
    Algorithm: algorithmSchema(entry),
    AlgorithmList: page('algorithms', 'Algorithm'),
    OlderAlgorithm: olderSchema(entry),
    CatalogChange: CHANGE,
    Run: RUN,
    RunList: page('runs', 'RunSummary'),
    RunSummary: object('A run of reconcile.', { id: TEXT, started_at: TIME, state: { enum: RUN_STATES }, commit: TEXT }, [
      'state',
      'commit',
    ]),
    Health: object('That the API answers.', { status: { const: 'healthy' }, timestamp: TIME }),
    Ready: object('Whether the parts behind the API answer.', {
      status: { enum: ['ready', 'unavailable'] },
      timestamp: TIME,
      parts: { type: 'object', additionalProperties: { enum: ['ready', 'unavailable'] } },
    }),
    Problem: PROBLEM,
  };
}

const PROBLEM = object(
  'What is wrong and what to do about it, RFC 9457.',
  {
    type: { const: 'about:blank' },
    title: TEXT,
    status: { type: 'integer', minimum: 400, maximum: 599 },
    detail: { type: 'string', description: 'A sentence.' },
    instance: { type: 'string', description: "The request's id, as in `x-request-id` and in the log." },
    errors: {
      type: 'array',
      description: 'The fields at fault, each by a JSON pointer into the body; the first 100.',
      minItems: 1,
      maxItems: 100,
      items: object('One field at fault.', { pointer: { ...TEXT, format: 'json-pointer' }, detail: TEXT }),
    },
  },
  ['errors'],
);

const POINTED = object('A field of the entry, and a sentence.', { pointer: { ...TEXT, format: 'json-pointer' }, detail: TEXT });

const CHANGE = object(
  'A change of the catalog.',
  {
    algorithm: TEXT,
    version: { ...TEXT, description: 'The version that the entry has with it.' },
    state: {
      enum: ['proposed', 'written', 'unchanged'],
      description: '`proposed`: somebody has to merge it. `written`: it is in the catalog. `unchanged`: the entry says so already.',
    },
    href: { ...TEXT, description: 'Where to follow it: the pull request, or the algorithm.' },
    placeholders: { type: 'array', items: POINTED, description: 'What nobody said, and somebody has to.' },
    warnings: { type: 'array', items: POINTED, description: 'What is allowed, but should not be so.' },
  },
  ['version'],
);

const RUN_STATES = ['running', 'done', 'failed'];
const RUN = {
  type: 'object',
  description: 'The record of a run, as reconcile wrote it. One that stays `running` was killed.',
  properties: { schema: { const: 'run/1' }, state: { enum: RUN_STATES }, started_at: TIME, commit: TEXT, holder: TEXT },
  required: ['schema', 'state', 'started_at', 'commit', 'holder', 'plan'],
};

/** What the older API took: no more than this says less than an entry has to. */
function olderSchema(entry: Properties): Schema {
  const of = (...names: string[]) => Object.fromEntries(names.map((name) => [name, published(entry[name] ?? {})]));
  const parameter = { type: 'object', properties: { type: TEXT, default: { type: ['number', 'string', 'boolean'] } } };
  return object(
    'The body of the older API.',
    {
      ...of('name', 'version', 'status', 'description', 'algorithm_type', 'cpu', 'memory', 'license'),
      image_uri: { type: 'string', maxLength: 512, description: 'With a tag, which becomes a digest, or with a digest.' },
      parameters: { type: 'object', additionalProperties: parameter },
    },
    ['version', 'status', 'description', 'license', 'parameters'],
  );
}

/** Of the record what `viewJob` shows. */
function jobSchema(record: Properties): Schema {
  const { results, ...rest } = record;
  const { key: _, ...result } = propertiesOf((results as { items: Schema }).items);
  const shown = Object.fromEntries(SHOWN_OF_RECORD.map((name) => [name, published(rest[name] ?? {})]));
  const always = ['job_id', 'algorithm', 'version', 'state', 'attempts', 'accepted_at'];
  const href = { type: 'string', description: 'The path of the result in this API.' };
  const file = object('One result file.', { ...(published(result) as Properties), href });
  return object(
    'A job as its client sees it. What is not known yet is absent.',
    { ...shown, results: { type: 'array', description: 'The files the job left, in order.', items: file } },
    SHOWN_OF_RECORD.filter((name) => !always.includes(name)),
  );
}

/** Of the catalog's entry what `viewAlgorithm` shows, and of the registry whether it runs. */
function algorithmSchema(entry: Properties): Schema {
  const of = (...names: string[]) => Object.fromEntries(names.map((name) => [name, published(entry[name] ?? {})]));
  const contract = of('parameters', 'input', 'output');
  const release = object(
    'A version beside the default one. One that was yanked takes no jobs and shows no contract.',
    {
      ...of('version'),
      yanked: { const: true },
      weight: { type: 'integer', minimum: 1, maximum: 100, description: 'Per cent of the jobs that name no version.' },
      deprecated_at: TIME,
      ...contract,
    },
    ['yanked', 'weight', 'deprecated_at', ...Object.keys(contract)],
  );
  return object(
    'An algorithm: what it takes, what it makes, and whether it runs.',
    {
      ...of('name', 'version', 'description', 'algorithm_type'),
      status: {
        enum: ['active', 'inactive', 'failed'],
        description: 'Whether it takes jobs; `failed`: its newest version was not rolled out.',
      },
      ...contract,
      timeout: { type: 'integer', minimum: 1, description: 'Seconds that one job may take at the most.' },
      ...of('license', 'regulatory'),
      releases: { type: 'array', items: release },
      registry: { type: 'object', description: 'The whole row of the registry; for the administrator only.' },
    },
    ['registry'],
  );
}

function page(name: string, item: string): Schema {
  return object(
    'One page.',
    {
      [name]: { type: 'array', maxItems: 100, items: { $ref: `#/components/schemas/${item}` } },
      next: { type: 'string', description: 'The cursor of the next page; absent on the last.' },
    },
    ['next'],
  );
}

/** An object that has these properties and no others. */
export function object(description: string, properties: Properties, optional: readonly string[] = []): Schema {
  const required = Object.keys(properties).filter((name) => !optional.includes(name));
  return { type: 'object', description, properties, required, additionalProperties: false };
}

function propertiesOf(schema: Schema): Properties {
  return schema.properties as Properties;
}

/** Without what is ours alone: hints for the words of a refusal, and the id by which editors know the file. */
function published<Node>(node: Node): Node {
  if (Array.isArray(node)) return node.map(published) as Node;
  if (typeof node !== 'object' || node === null) return node;
  const kept = Object.entries(node).filter(([key]) => !['$schema', '$id', 'x-hint'].includes(key));
  return Object.fromEntries(kept.map(([key, value]) => [key, published(value)])) as Node;
}
