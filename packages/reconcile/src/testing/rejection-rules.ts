/** What a limit says about an input: a sentence where it is passed, undefined where it is kept. Pure. */

import { LIMITS } from '@mip/registry/limits';
import { tagRecord } from '../aws/tags.ts';

/** The input of a call as it is on the wire, or as the SDK's command has it: the names are the same. */
export type Input = Readonly<Record<string, unknown>>;

export type Check = (input: Input) => string | undefined;

/** What is at a path like `Attributes.VisibilityTimeout`. */
function at(input: Input, path: string): unknown {
  return path.split('.').reduce<unknown>((value, key) => (value as Input | null | undefined)?.[key], input);
}

function size(value: unknown): number {
  return Array.isArray(value) ? value.length : 0;
}

interface NameLimit {
  readonly min?: number;
  readonly max: number;
  readonly pattern: RegExp;
}

/** The name keeps its length and its alphabet. A field that is not there is not looked at. */
export function named(path: string, { min = 1, max, pattern }: NameLimit): Check {
  return (input) => {
    const name = at(input, path);
    if (name === undefined) return undefined;
    const fits = typeof name === 'string' && name.length >= min && name.length <= max && pattern.test(name);
    return fits ? undefined : `Invalid parameter at '${path}': ${min} to ${max} characters that satisfy ${pattern.source}.`;
  };
}

/** The number, also one that is written as a string, lies between both ends. */
export function within(path: string, min: number, max: number): Check {
  return (input) => {
    const value = at(input, path);
    if (value === undefined || (Number(value) >= min && Number(value) <= max)) return undefined;
    return `Value ${value} for parameter ${path} is invalid. Reason: Must be between ${min} and ${max}.`;
  };
}

export function atMost(path: string, max: number): Check {
  return (input) => (size(at(input, path)) > max ? `${path} cannot be more than ${max}.` : undefined);
}

export function atLeastOne(path: string): Check {
  return (input) => (size(at(input, path)) === 0 ? `There should be at least one of ${path} in the request.` : undefined);
}

/** Of all tables together: `{ table: [...] }` or, with a field, `{ table: { Keys: [...] } }`. */
export function itemsWithin(operation: string, max: number, field?: string): Check {
  return (input) => {
    const tables = Object.values((input.RequestItems ?? {}) as Input);
    const count = tables.reduce<number>((sum, table) => sum + size(field ? at(table as Input, field) : table), 0);
    return count >= 1 && count <= max ? undefined : `${count} items for the ${operation} call: it takes 1 to ${max}.`;
  };
}

/** In UTF-8. */
export function longestBytes(path: string, max: number): Check {
  return (input) => (Buffer.byteLength(String(at(input, path) ?? '')) > max ? `${path} is longer than ${max} bytes.` : undefined);
}

/** No tag of a list is given twice. */
export function keysOnce(path: string): Check {
  return (input) => {
    const given = (at(input, path) ?? []) as readonly Input[];
    return new Set(given.map(({ Key }) => Key)).size < given.length ? 'Duplicate tag keys found.' : undefined;
  };
}

/** In UTF-8, of one text or of that text in every entry of a list. */
export function bytesAtMost(path: string, max: number, entries?: string): Check {
  return (input) => {
    const of = entries ? ((at(input, entries) ?? []) as readonly Input[]) : [input];
    const bytes = of.reduce((sum, one) => sum + Buffer.byteLength(String(at(one, path) ?? '')), 0);
    return bytes > max ? `One or more parameters are invalid. Reason: Message must be shorter than ${max} bytes.` : undefined;
  };
}

export function documentAtMost(max: number): Check {
  return (input) => {
    const bytes = Buffer.byteLength(JSON.stringify(input));
    return bytes > max ? `Actual length: '${bytes}'. Max allowed length is '${max}' bytes.` : undefined;
  };
}

/** Of one part of the call. */
export function jsonAtMost(path: string, max: number): Check {
  return (input) => ((JSON.stringify(at(input, path)) ?? '').length > max ? `${path} must be at most ${max} characters.` : undefined);
}

/** A filter that no other may stand beside. */
export function aloneWith(filter: string, ...others: readonly string[]): Check {
  return (input) => (input[filter] && others.some((other) => input[other]) ? `${filter} must be the only filter.` : undefined);
}

/** A FIFO queue is one by its name and by its attribute, or by neither. */
export const fifoByBoth: Check = (input) => {
  const byName = String(input.QueueName ?? '').endsWith('.fifo');
  if (byName === (at(input, 'Attributes.FifoQueue') === 'true')) return undefined;
  return 'The name of a FIFO queue, and of no other, must end with the .fifo suffix.';
};

const isFargate = (input: Input) => ((input.requiresCompatibilities ?? []) as readonly unknown[]).includes('FARGATE');

export const fargateSize: Check = (input) => {
  if (!isFargate(input) || LIMITS.fargate.memory[Number(input.cpu)]?.includes(Number(input.memory))) return undefined;
  return `No Fargate configuration exists for given values: ${input.cpu} CPU, ${input.memory} memory.`;
};

/** https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-gpu.html: Fargate has no GPUs. */
export const fargateNoGpu: Check = (input) => {
  const requirements = ((input.containerDefinitions ?? []) as readonly Input[]).flatMap(
    (one) => (one.resourceRequirements ?? []) as Input[],
  );
  if (!isFargate(input) || !requirements.some(({ type }) => type === 'GPU')) return undefined;
  return 'Tasks using the Fargate launch type do not support GPU resource requirements.';
};

/** On an instance ECS wants a size of the task or of each container, and whole GPUs. */
export const instanceSize: Check = (input) => {
  if (isFargate(input)) return undefined;
  const { min, max } = LIMITS.ecs.instanceCpu;
  if (input.cpu !== undefined && !(Number(input.cpu) >= min && Number(input.cpu) <= max)) return "Invalid 'cpu' setting for task.";
  const containers = (input.containerDefinitions ?? []) as readonly Input[];
  const unsized =
    input.memory === undefined && containers.some(({ memory, memoryReservation }) => (memory ?? memoryReservation) === undefined);
  if (unsized) return 'Invalid setting for container. At least one of memory or memoryReservation must be specified.';
  const gpus = containers.flatMap((one) => (one.resourceRequirements ?? []) as Input[]).filter(({ type }) => type === 'GPU');
  return gpus.every(({ value }) => /^[1-9]\d*$/.test(String(value))) ? undefined : 'GPU value must be a whole number of at least 1.';
};

/** Where tasks run: by type or by capacity, never both; placement and public addresses are of one of them alone. */
export const launchChoice: Check = (input) => {
  const capacity = (input.capacityProviderStrategy ?? []) as readonly Input[];
  if (input.launchType !== undefined && capacity.length > 0)
    return 'Specifying both a launch type and capacity provider strategy is not supported. Remove one and try again.';
  const fargate =
    input.launchType === 'FARGATE' || (capacity.length > 0 && capacity.every((one) => String(one.capacityProvider).startsWith('FARGATE')));
  const instances = input.launchType === 'EC2' || (capacity.length > 0 && !fargate);
  if (fargate && size(input.placementStrategy) > 0) return 'Placement strategies are not supported with FARGATE launch type.';
  const assigned = at(input, 'networkConfiguration.awsvpcConfiguration.assignPublicIp') === 'ENABLED';
  return instances && assigned ? 'Assign public IP is not supported for this launch type.' : undefined;
};

export const fargateStop: Check = (input) => {
  const seconds = ((input.containerDefinitions ?? []) as readonly Input[]).map(({ stopTimeout }) => Number(stopTimeout ?? 0));
  const max = LIMITS.ecs.stopTimeoutSeconds;
  return isFargate(input) && seconds.some((one) => one > max) ? `Fargate supports a stopTimeout of at most ${max} seconds.` : undefined;
};

const TAG_TEXT = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

/** The rules that are the same for all services: a record, or a list of `Key` or `key` with its value. */
export function tags(path: string): Check {
  return (input) => {
    const given = at(input, path) ?? {};
    const found = Object.entries((Array.isArray(given) ? tagRecord(given) : given) as Record<string, string>);
    const { tagsPerResource, keyLength, valueLength } = LIMITS.tagging;
    if (found.length > tagsPerResource) return `More than ${tagsPerResource} tags.`;
    const wrong = found.find(
      ([key, value]) =>
        key.length < 1 ||
        key.length > keyLength ||
        value.length > valueLength ||
        /^aws:/i.test(key) || // reserved
        !TAG_TEXT.test(key + value),
    );
    return (
      wrong && `Invalid tag ${wrong[0]}: a key has 1 to ${keyLength} characters, a value at most ${valueLength}, some are not allowed.`
    );
  };
}

/** No two periods in a row, and not shaped like an IP address. */
export const bucketNotAddress: Check = ({ Bucket }) =>
  /\.\.|^\d+\.\d+\.\d+\.\d+$/.test(String(Bucket)) ? 'The specified bucket is not valid.' : undefined;
