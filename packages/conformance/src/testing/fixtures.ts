/** Results and repositories for tests. */
import { cp, mkdir, mkdtemp, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Algorithm, ConformanceCase } from '@mip/catalog';
import type { Interpreter } from '../launch.ts';
import type { CaseResult, Conformance } from '../result.ts';

export const REPOSITORY = join(import.meta.dirname, '..', '..', '..', '..');
export const PYTHON: Interpreter = { program: join(REPOSITORY, '.venv', 'bin', 'python'), environment: { LANG: 'C.UTF-8' } };

export const SAME = { name: 'abdomen', image: { package: 'pydicom', file: 'CT_small.dcm' }, expected_by: 'oracle' } as const;
const ORACLE = 'tests/oracles/plus_one.py';
export const PLUS_ONE: ConformanceCase = { ...SAME, expect: { oracle: ORACLE, outcome: 'done' } };

/** An entry of a Python algorithm that adds a number to every sample. */
export function algorithm(changes: Partial<Algorithm> = {}): Algorithm {
  return {
    name: 'plus-one',
    version: '1.0.0',
    description: 'Adds one.',
    license: 'Apache-2.0',
    source: 'algorithms/plus-one',
    file: 'catalog/algorithms/plus-one.yaml',
    algorithm_type: 'python',
    memory: 512,
    timeout: 60,
    parameters: {},
    input: { scope: ['instance'], units: 'stored' },
    output: { kind: 'image', store: ['s3'] },
    regulatory: { status: 'research' },
    clinical_owner: '@OWNER/mip',
    conformance: [PLUS_ONE],
    ...changes,
  } as Algorithm;
}

/** A repository with that algorithm, whose `process_image` has this body, its oracle, and the SDK of this one. */
export async function repository(body: string): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'mip-conformance-'));
  await mkdir(join(root, 'algorithms', 'plus-one'), { recursive: true });
  await symlink(join(REPOSITORY, 'algorithms', 'sdk'), join(root, 'algorithms', 'sdk'));
  await writeFile(join(root, 'algorithms', 'plus-one', 'algorithm.py'), PROGRAM + body.replaceAll(/^/gm, '        '));
  await mkdir(join(root, 'tests', 'oracles'), { recursive: true });
  await cp(join(REPOSITORY, 'tests', 'oracles', 'dicom.py'), join(root, 'tests', 'oracles', 'dicom.py'));
  await writeFile(join(root, ORACLE), 'from dicom import samples\n\n\ndef expected(source, parameters):\n    return samples(source) + 1\n');
  return root;
}

const PROGRAM = `
import os, signal, time
import numpy as np
from mip_sdk import BaseProcessor, DerivedImage, InvalidInput, Meaning

class PlusOne(BaseProcessor):
    def made(self, pixels):
        return DerivedImage(pixels, Meaning.SAME_UNITS, "Plus one", ("plus-one", "99MIP", "Plus one"), "Plus one")

    def process_image(self, image_data, parameters):
`;

/** A case that passed. */
export function result(changes: Partial<CaseResult> = {}): CaseResult {
  return {
    name: 'abdomen',
    expectedBy: 'oracle',
    status: 'passed',
    reasons: [],
    approval: [],
    outcome: 'done',
    error: null,
    seconds: 0.123,
    digest: 'ab'.repeat(32),
    expected: { by: 'tests/oracles/window_level.py', samples: 100, different: 0, fraction_different: 0, max_abs: 0 },
    change: null,
    pictures: {},
    ...changes,
  };
}

export function conformance(changes: Partial<Conformance> = {}): Conformance {
  const about = { algorithm: 'window-level', version: '1.1.0', clinicalOwner: '@OWNER/mip', place: 'in the image' };
  return { ...about, old: { version: '1.0.0' }, cases: [result()], ...changes };
}
