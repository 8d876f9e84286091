import { randomUUID } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { ApiClient, type Job } from '@mip/api/client';
import { printableJson } from '@mip/catalog/printable';
import type { JobRequest } from '@mip/registry';
import type { Command } from 'commander';
import { type Context, Failure, type GlobalOptions, required } from '../context.ts';
import { openImageStore, openPlatform } from '../platform.ts';
import { progressLine } from '../progress-line.ts';

interface ProcessOptions {
  readonly parameter: readonly string[];
  readonly override: readonly string[];
  readonly output: string;
  readonly jobId?: string;
  readonly timeout: string;
}

/** `mip process NAME FILE|UID…`: sends one image through an algorithm and fetches the results. */
export function add(program: Command, context: Context): void {
  const collect = (value: string, previous: readonly string[]) => [...previous, value];
  program
    .command('process')
    .description('send an image through an algorithm and fetch the results')
    .argument('<name>', 'the algorithm')
    .argument('<image...>', 'a DICOM file, or the UIDs of study, series and instance')
    .option('--parameter <name=value>', 'a parameter of the algorithm; may be repeated', collect, [])
    .option('--override <tag=reason>', 'a rule on the input that is not to refuse the image, and why; may be repeated', collect, [])
    .option('--output <dir>', 'where the results go', 'results')
    .option('--job-id <id>', 'the job id; the same id with the same request is the same job')
    .option('--timeout <seconds>', 'how long to wait for the result', '900')
    .action(async (name: string, image: string[], options: ProcessOptions) => {
      await processImage(context, program.opts<GlobalOptions>(), { name, image, options });
    });
}

async function processImage(
  context: Context,
  global: GlobalOptions,
  given: { name: string; image: readonly string[]; options: ProcessOptions },
) {
  const { name, options } = given;
  const parameters = parseParameters(options.parameter);
  const overrides = parseOverrides(options.override);
  const pacs = await locate(context, global.platform, given.image);
  const client = new ApiClient({ url: required(context, 'MIP_API_URL'), key: required(context, 'MIP_API_KEY') });
  const request = { job_id: options.jobId ?? randomUUID(), pacs, parameters, ...(overrides.length > 0 && { overrides }) };
  const { job_id } = await client.submit(name, request);
  if (!global.json) context.warn(`job ${job_id} accepted`);
  const line = progressLine(context);
  const show = (so: Job) => line.show(inWords(so), so.progress ?? 0, 1);
  const job = await client.wait(job_id, Number(options.timeout) * 1000, global.json ? undefined : show).finally(() => line.end());
  if (job.state !== 'succeeded') throw new Failure(`job ${job_id} ${job.state}: ${job.error?.message ?? 'no reason given'}`);
  const files = await Promise.all(job.results.map((result) => client.download(job_id, result, options.output)));
  context.print(global.json ? printableJson({ ...job, files }) : files.join('\n'));
}

function inWords({ job_id, state, progress }: Job): string {
  return `job ${job_id} ${state}${progress === undefined ? '' : `, ${Math.round(progress * 100)} % done`}`;
}

async function locate(context: Context, platform: string, image: readonly string[]): Promise<JobRequest['pacs']> {
  const [first = '', series, instance] = image;
  const file = await stat(first).catch(() => undefined);
  if (file) {
    const store = await openImageStore(context, platform);
    const [outcome] = await store.store([first]);
    if (!outcome || outcome.refused) throw new Failure(`${first} was refused: ${outcome?.refused?.message ?? 'the store did not say why'}`);
    const { uids } = outcome;
    return { study_uid: uids.study, series_uid: uids.series, instance_uid: uids.instance };
  }
  if (!/^[0-9.]{1,64}$/.test(first)) throw new Failure(`${first} is neither a file nor a UID`);
  await openPlatform(context, platform);
  return { study_uid: first, ...(series ? { series_uid: series } : {}), ...(instance ? { instance_uid: instance } : {}) };
}

/** `a=1 b=true c=text` as JSON values: what parses as a number or a boolean is one, everything else is text. */
export function parseParameters(given: readonly string[]): Record<string, string | number | boolean> {
  return Object.fromEntries(
    given.map((text) => {
      const [name, value] = halves(text, '--parameter takes name=value');
      return [name, parseValue(value)];
    }),
  );
}

/** `ImageType=No original series is left.` as the API takes it, which says what is wrong with a tag or a reason. */
export function parseOverrides(given: readonly string[]): NonNullable<JobRequest['overrides']> {
  return given.map((text) => {
    const [tag, reason] = halves(text, '--override takes tag=reason');
    return { tag, reason };
  });
}

function halves(text: string, wanted: string): readonly [string, string] {
  const at = text.indexOf('=');
  if (at < 1) throw new Failure(`${wanted}, not "${text}"`);
  return [text.slice(0, at), text.slice(at + 1)];
}

function parseValue(text: string): string | number | boolean {
  if (text === 'true' || text === 'false') return text === 'true';
  return /^-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?$/.test(text) ? Number(text) : text;
}
