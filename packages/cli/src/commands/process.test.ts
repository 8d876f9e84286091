import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Look } from '@mip/api/look/look';
import { ENTRY, JOB, KEY, type Setup, setUp } from '@mip/api/testing/requests';
import { Command } from 'commander';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { platformFile } from '../../../../tests/actions/catalog.ts';
import { add, parseOverrides, parseParameters } from './process.ts';

const REPOSITORY = join(import.meta.dirname, '..', '..', '..', '..');
const SHOWN_JOB = {
  job_id: 'job-1',
  algorithm: 'window-level',
  version: '1.0.0',
  attempts: 0,
  accepted_at: '2024-01-31T10:00:00.000Z',
  results: [],
};

/** The command against an API whose one job is found at each of `polls` in turn. @returns what it prints and warns. */
async function mipProcess(polls: readonly object[], ...options: readonly string[]) {
  const left = [{ state: 'accepted' }, ...polls];
  const api = createServer((request, answer) => {
    request.resume();
    answer.writeHead(request.method === 'POST' ? 202 : 200, { 'content-type': 'application/json' });
    answer.end(JSON.stringify({ ...SHOWN_JOB, ...left.shift() }));
  });
  await new Promise<void>((listening) => api.listen(0, '127.0.0.1', listening));
  const said: string[] = [];
  try {
    const program = new Command('mip').option('--json', '', false).option('--platform <name>', '', 'local');
    const environment = { MIP_API_URL: `http://127.0.0.1:${(api.address() as AddressInfo).port}`, MIP_API_KEY: 'key' };
    const streams = { print: (text: string) => said.push(text), warn: (text: string) => said.push(text), terminal: false };
    add(program, { root: REPOSITORY, home: REPOSITORY, environment, loadEnvironment: () => undefined, ...streams });
    await program.parseAsync(['node', 'mip', ...options, 'process', 'window-level', '1.2', '1.3', '1.4']);
    return said;
  } finally {
    api.close();
  }
}

describe('mip process, while it waits', () => {
  const POLLS = [
    { state: 'queued' },
    { state: 'running' },
    { state: 'running', progress: 0.12 },
    { state: 'running', progress: 0.14 },
    { state: 'running', progress: 0.55 },
    { state: 'succeeded', outcome: 'done' },
  ];

  it('says how far the job is', async () => {
    expect(await mipProcess(POLLS)).toEqual(['job job-1 accepted', 'job job-1 running, 12 % done', 'job job-1 running, 55 % done', '']);
  });

  it('says nothing beside its JSON', async () => {
    const [printed = '', ...more] = await mipProcess(POLLS, '--json');
    expect([JSON.parse(printed).state, more]).toEqual(['succeeded', []]);
  });
});

describe('--parameter name=value', () => {
  it.each<[string, Record<string, unknown>]>([
    ['center=40', { center: 40 }],
    ['center=-40.5', { center: -40.5 }],
    ['center=1e3', { center: 1000 }],
    ['fast=true', { fast: true }],
    ['function=LINEAR', { function: 'LINEAR' }],
    ['note=a=b', { note: 'a=b' }],
    ['note=', { note: '' }],
    ['code=007', { code: '007' }],
    ['code=0x10', { code: '0x10' }],
    ['code=NaN', { code: 'NaN' }],
  ])('%s', (given, parameters) => {
    expect(parseParameters([given])).toEqual(parameters);
  });

  it.each(['center', '=40', ''])('refuses "%s" and says how it is written', (given) => {
    expect(() => parseParameters([given])).toThrow(/--parameter takes name=value/);
  });
});

describe('--override tag=reason', () => {
  it('is a tag, and the rest is its reason', () => {
    expect(parseOverrides(['ImageType=No original series is left.', '00180050=a=b'])).toEqual([
      { tag: 'ImageType', reason: 'No original series is left.' },
      { tag: '00180050', reason: 'a=b' },
    ]);
  });

  it.each(['ImageType', '=why', ''])('refuses "%s" and says how it is written', (given) => {
    expect(() => parseOverrides([given])).toThrow(/--override takes tag=reason/);
  });
});

describe('mip process with --override, at the API', () => {
  let { app, memory }: Setup = setUp();
  let root: string;
  let url: string;
  beforeEach(async () => {
    ({ app, memory } = setUp());
    memory.addClient(KEY, 'clinic-a', { roles: ['radiologist'] });
    const rules = [{ tag: 'ImageType', equals: 'ORIGINAL', severity: 'reject' as const }];
    memory.rows.set('window-level', { ...ENTRY, input: { ...ENTRY.input, rules } });
    memory.answer = () =>
      ({
        kind: 'found',
        instances: 1,
        instance: { '00080008': { vr: 'CS', Value: ['DERIVED'] }, '00080060': { vr: 'CS', Value: ['CT'] } },
      }) as Look;
    url = await app.listen({ port: 0, host: '127.0.0.1' });
    root = mkdtempSync(join(tmpdir(), 'mip-process-'));
    mkdirSync(join(root, 'catalog/platforms'), { recursive: true });
    writeFileSync(join(root, 'catalog/platforms/north.yaml'), platformFile());
  });
  afterEach(async () => {
    await app.close();
    rmSync(root, { recursive: true });
  });

  /** @returns why it failed: that nothing works on a job here, where it was taken. */
  async function mip(...words: readonly string[]): Promise<string> {
    const environment = { MIP_API_URL: url, MIP_API_KEY: KEY };
    const silent = { print: () => undefined, warn: () => undefined, loadEnvironment: () => undefined, terminal: false };
    const program = new Command('mip').option('--platform <name>', '', 'north').option('--json', '', false);
    add(program, { root, home: root, environment, ...silent });
    const given = ['process', 'window-level', '1.2', '1.2.3', '1.2.3.4', '--job-id', JOB.job_id, '--timeout', '0', ...words];
    return program.parseAsync(['node', 'mip', ...given]).then(
      () => '',
      (error: Error) => error.message,
    );
  }

  it('the rule refuses the image, and no longer with a reason, which the record keeps', async () => {
    expect(await mip()).toContain('your role lets you override it: name ImageType in overrides, with a reason');
    expect(await mip('--override', 'ImageType=No original series is left.')).toContain('is still queued after 0 s');
    expect(memory.record(JOB)?.admission?.overrides).toEqual([
      { tag: 'ImageType', reason: 'No original series is left.', role: 'radiologist' },
    ]);
  });

  it('what the API does not take is told in its words', async () => {
    expect(await mip('--override', 'Modality=why not')).toContain('/overrides/0/tag: names no rule that rejects');
    expect(await mip('--override', 'ImageType=')).toContain('/overrides/0/reason: has to have at least 1 characters. Say why in one line');
  });
});
