import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findOld } from './old.ts';

const FILE = 'catalog/algorithms/plus-one.yaml';
const ENTRY = `
name: plus-one
version: 0.9.0
description: Adds one.
algorithm_type: python
source: algorithms/plus-one
cpu: 256
memory: 512
scaling: { min: 0, max: 1 }
input: { scope: [instance], units: stored }
output: { kind: image, store: [s3] }
conformance:
  - { name: ct, image: { package: pydicom, file: CT_small.dcm }, expected_by: oracle, expect: { oracle: tests/oracles/plus_one.py } }
owners: ["@OWNER/mip"]
license: Apache-2.0
intended_use: Tests.
limitations: All of them.
`.trimStart();
const RUNNER = 'algorithms/sdk/mip_sdk/case.py';
const PROGRAM = 'algorithms/plus-one/algorithm.py';

let base: string;

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'mip-old-'));
});
afterEach(() => rm(base, { recursive: true, force: true }));

async function find(files: Readonly<Record<string, string>>) {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(base, path)), { recursive: true });
    await writeFile(join(base, path), text);
  }
  return findOld(base, { name: 'plus-one', file: FILE });
}

describe('the version of before', () => {
  it('is what the entry at the base says, though the base lacks the oracle that the entry names', async () => {
    const old = await find({ [FILE]: ENTRY, [RUNNER]: '', [PROGRAM]: '' });
    expect(old.absent).toBeUndefined();
    expect(old).toMatchObject({ algorithm: { version: '0.9.0', timeout: 900, regulatory: { status: 'research' } } });
  });

  it.each<[string, Readonly<Record<string, string>>, string]>([
    ['a new algorithm', { [RUNNER]: '' }, 'plus-one is new: there is no earlier version to compare with'],
    ['an entry with faults', { [FILE]: ENTRY.replace('memory: 512', 'memory: lots') }, 'the entry of plus-one at the base has faults'],
    [
      'a ready-made image',
      { [FILE]: ENTRY.replace('source: algorithms/plus-one', `image_uri: registry.example/a@sha256:${'ab'.repeat(32)}`), [RUNNER]: '' },
      'plus-one ran from a ready-made image at the base',
    ],
    ['a source that is not there', { [FILE]: ENTRY, [RUNNER]: '' }, 'the base has no folder algorithms/plus-one'],
    ['an SDK without the runner', { [FILE]: ENTRY, [PROGRAM]: '' }, 'the worker SDK at the base cannot run a case by itself yet'],
  ])('cannot be run for %s, and a sentence says why', async (_, files, absent) => {
    expect(await find(files)).toEqual({ absent });
  });
});
