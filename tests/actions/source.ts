/** A repository with an algorithm that is built from source: it adds one to every sample, and its oracle says so. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseDocument } from '@mip/catalog';
import { checkAlgorithm } from '@mip/catalog/check';
import { contractFile, contractText } from '@mip/catalog/contract';
import type { Files } from './catalog.ts';

const root = join(import.meta.dirname, '..', '..');
export const PLUS_ONE = 'catalog/algorithms/plus-one.yaml';
export const PROGRAM = 'algorithms/plus-one/algorithm.py';

function entry({ version = '1.0.0', extra = '' } = {}): string {
  return `
name: plus-one
version: ${version}
description: Adds one to every sample.
algorithm_type: python
source: algorithms/plus-one
cpu: 256
memory: 512
scaling: { min: 0, max: 1 }
input: { scope: [instance], units: stored }
output: { kind: image, store: [s3] }
conformance:
  - { name: head, image: { package: pydicom, file: CT_small.dcm }, expected_by: oracle, expect: { oracle: tests/oracles/plus_one.py, outcome: done } }
${extra}owners: ["@OWNER/mip"]
clinical_owner: "@OWNER/mip"
license: Apache-2.0
intended_use: Tests.
limitations: All of them.
`.trimStart();
}

/** The entry, and the frozen contract of its version. */
export function entryFiles(about: Parameters<typeof entry>[0] = {}): Files {
  const text = entry(about);
  const { item } = checkAlgorithm(parseDocument(text, PLUS_ONE));
  return { [PLUS_ONE]: text, [contractFile(item.name, item.version)]: contractText(item) };
}

/** @param made the result, a Python expression over `image_data` */
export function program(made = 'image_data.stored + 1'): string {
  return `
from mip_sdk import BaseProcessor, DerivedImage, InvalidInput, Meaning


class PlusOne(BaseProcessor):
    def process_image(self, image_data, parameters):
        return DerivedImage(${made}, Meaning.SAME_UNITS, "Plus one", ("plus-one", "99MIP", "Plus one"), "Plus one")
`.trimStart();
}

/** The SDK as it is in this repository, the algorithm at 1.0.0, and everything around them that a build needs. */
export function sourceFiles(): Files {
  const sdk = globSync('algorithms/sdk/mip_sdk/*.{py,json}', { cwd: root });
  return {
    ...Object.fromEntries([...sdk, 'tests/oracles/dicom.py'].map((file) => [file, readFileSync(join(root, file), 'utf8')])),
    '.gitignore': '__pycache__/\n',
    'algorithms/kernels/Makefile': 'all:\n',
    ...entryFiles(),
    [PROGRAM]: program(),
    'algorithms/plus-one/requirements.txt': '',
    'algorithms/plus-one/Dockerfile': 'FROM scratch\n',
    'algorithms/plus-one/README.md': 'Adds one.\n',
    'algorithms/plus-one/tests/test_plus_one.py': '',
    'tests/oracles/plus_one.py': 'from dicom import samples\n\n\ndef expected(source, parameters):\n    return samples(source) + 1\n',
  };
}
