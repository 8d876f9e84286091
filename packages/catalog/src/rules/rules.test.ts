import { describe, expect, it } from 'vitest';
import { parseDocument } from '../document.ts';
import type { Algorithm, Platform } from '../entry.ts';
import { entryText, PLATFORM } from '../testing/repository.ts';
import { validateCatalog } from '../validate.ts';
import { ACROSS_RULES, REVIEW_RULES, RULES } from './index.ts';
import { physicalNamesFit } from './physical-names.ts';

interface Case {
  readonly why: string;
  /** YAML that replaces a top-level line of a valid entry, or is added to it. */
  readonly entry?: string;
  readonly platform?: string;
  readonly others?: readonly string[];
  readonly missing?: readonly string[];
  /** Of every file. */
  readonly bytes?: number;
  /** `file:line:column rule`, in order. */
  readonly problems: readonly string[];
}

const DIGEST = `@sha256:${'0'.repeat(64)}`;

/** Puts lines over those with the same key. */
function merged(text: string, lines = ''): string {
  const keys = lines
    .split('\n')
    .filter((line) => /^[a-z]/.test(line))
    .map((line) => line.split(':')[0]);
  return (
    text
      .split('\n')
      .filter((line) => !keys.includes(line.split(':')[0]))
      .join('\n') + lines
  );
}

function problemsOf({ entry, platform, others = [], missing = [], bytes = 1 }: Case): string[] {
  const algorithms = [['alpha', merged(entryText('alpha'), entry)], ...others.map((name) => [name, entryText(name)])] as [string, string][];
  const documents = {
    algorithms: algorithms.map(([name, text]) => parseDocument(text, `${name}.yaml`)),
    platforms: [parseDocument(merged(PLATFORM, platform), 'local.yaml')],
  };
  const has = (path: string) => !missing.some((one) => path.endsWith(one));
  return validateCatalog(documents, has, { sizeOf: () => bytes }).problems.map(
    ({ file, line, pointer, rule, severity }) => `${file}:${line} ${pointer} ${severity} ${rule}`,
  );
}

const image = (uri: string) => merged('', `source: x\nimage_uri: ${uri}\n`).replace('source: x\n', '');

const CASES: readonly Case[] = [
  { why: 'a sound entry has none', problems: [] },
  { why: 'another name than its file', entry: 'name: beta\n', problems: ['alpha.yaml:11 /name error file-name'] },
  { why: 'a platform with another name than its file', platform: 'name: other\n', problems: ['local.yaml:5 /name error file-name'] },
  { why: 'a prefix that makes no repository name', platform: 'prefix: mip-\n', problems: ['local.yaml:6 /prefix error physical-names'] },
  {
    why: 'queues that are looked at before SQS can tell',
    platform: 'safety: { settle_seconds: 59 }\n',
    problems: ['local.yaml:6 /safety/settle_seconds error settle-time'],
  },
  { why: 'the same on an emulator, which counts at once', platform: 'emulated: true\nsafety: { settle_seconds: 2 }\n', problems: [] },
  { why: 'no source folder', missing: ['algorithms/alpha/'], problems: ['alpha.yaml:5 /source error source-complete'] },
  ...['algorithm.py', 'requirements.txt', 'Dockerfile', 'README.md', 'tests/'].map((path) => ({
    why: `a python source without ${path}`,
    missing: [path],
    problems: ['alpha.yaml:5 /source error source-complete'],
  })),
  ...['src/main.c', 'src/Makefile', 'adapter.py', 'Dockerfile', 'README.md', 'tests/'].map((path) => ({
    why: `an openmp source without ${path}`,
    entry: 'algorithm_type: openmp\n',
    missing: [path],
    problems: ['alpha.yaml:4 /source error source-complete'],
  })),
  {
    why: 'a default below its minimum',
    entry: 'parameters:\n  p: { type: float, default: 1, minimum: 2 }\n',
    problems: ['alpha.yaml:13 /parameters/p/default error default-in-range'],
  },
  {
    why: 'a default above its maximum',
    entry: 'parameters:\n  p: { type: int, default: 3, maximum: 2 }\n',
    problems: ['alpha.yaml:13 /parameters/p/default error default-in-range'],
  },
  { why: 'a default at its bound', entry: 'parameters:\n  p: { type: int, default: 3, minimum: 3, maximum: 3 }\n', problems: [] },
  {
    why: 'a default that is no value of its enum',
    entry: 'parameters:\n  p: { type: enum, default: c, values: [a, b] }\n',
    problems: ['alpha.yaml:13 /parameters/p/default error default-in-range'],
  },
  {
    why: 'an empty range',
    entry: 'parameters:\n  p: { type: int, minimum: 3, maximum: 2 }\n',
    problems: ['alpha.yaml:13 /parameters/p/minimum error default-in-range'],
  },
  {
    why: 'more tasks at least than at most',
    entry: 'scaling: { min: 3, max: 2 }\n',
    problems: ['alpha.yaml:12 /scaling/min error scaling-range'],
  },
  {
    why: 'more tasks at least than the default allows',
    entry: 'scaling: { min: 3 }\n',
    problems: ['alpha.yaml:12 /scaling/min error scaling-range'],
  },
  { why: 'a GPU where there is none', entry: 'gpu: 1\n', problems: ['alpha.yaml:12 /gpu error gpu-capacity'] },
  { why: 'a GPU where there is one', entry: 'gpu: 1\n', platform: 'capacity: { gpu: true }\n', problems: [] },
  {
    why: 'its own version served twice',
    entry: 'releases:\n  - { version: 1.0.0 }\n',
    problems: ['alpha.yaml:13 /releases/0/version error served-versions'],
  },
  {
    why: 'a release listed twice',
    entry: 'releases:\n  - { version: 0.9.0 }\n  - { version: 0.9.0 }\n',
    problems: ['alpha.yaml:14 /releases/1/version error served-versions'],
  },
  {
    why: 'a weight across major versions',
    entry: 'releases:\n  - { version: 2.0.0, weight: 1 }\n',
    problems: ['alpha.yaml:13 /releases/0/weight error served-versions'],
  },
  {
    why: 'weights above 100 percent',
    entry: 'releases:\n  - { version: 1.1.0, weight: 60 }\n  - { version: 1.2.0, weight: 60 }\n',
    problems: ['alpha.yaml:14 /releases/1/weight error served-versions'],
  },
  { why: 'another major version without weight', entry: 'releases:\n  - { version: 2.0.0, deprecated: true }\n', problems: [] },
  {
    why: 'a case without its oracle',
    missing: ['o.py'],
    entry:
      'conformance:\n  - { name: a, image: { package: pydicom, file: b.dcm }, expected_by: oracle, expect: { oracle: tests/oracles/o.py } }\n',
    problems: ['alpha.yaml:13 /conformance/0/expect/oracle error conformance-cases'],
  },
  {
    why: 'a case without its image',
    missing: ['b.dcm'],
    entry:
      'conformance:\n  - { name: a, image: { file: b.dcm, license: CC0-1.0, source: made }, expected_by: oracle, expect: { max_abs: 0 } }\n',
    problems: ['alpha.yaml:13 /conformance/0/image/file error conformance-cases'],
  },
  ...[2_000_000, 2_000_001].map((bytes) => ({
    why: `a case with an image of ${bytes} bytes in the repository`,
    bytes,
    entry:
      'conformance:\n  - { name: a, image: { file: b.dcm, license: CC0-1.0, source: made }, expected_by: oracle, expect: { max_abs: 0 } }\n',
    problems: bytes > 2_000_000 ? ['alpha.yaml:13 /conformance/0/image/file error conformance-cases'] : [],
  })),
  {
    why: 'a case with a large image of a package',
    bytes: 2_000_001,
    entry: 'conformance:\n  - { name: a, image: { package: pydicom, file: b.dcm }, expected_by: oracle, expect: { max_abs: 0 } }\n',
    problems: [],
  },
  {
    why: 'a case with a parameter that is not declared',
    entry:
      'conformance:\n  - { name: a, image: { package: pydicom, file: b.dcm }, parameters: { q: 1 }, expected_by: oracle, expect: { max_abs: 0 } }\n',
    problems: ['alpha.yaml:13 /conformance/0/parameters/q error conformance-cases'],
  },
  {
    why: 'two cases of one name',
    entry: 'conformance:\n  - &a { name: a, image: { phantom: b }, expected_by: oracle, expect: { max_abs: 0 } }\n  - *a\n',
    problems: ['alpha.yaml:14 /conformance/1/name error conformance-cases'],
  },
  {
    why: 'recorded cases alone',
    entry: 'conformance:\n  - { name: a, image: { phantom: b }, expected_by: recorded, expect: { max_abs: 0 } }\n',
    problems: ['alpha.yaml:12 /conformance warning conformance-authority'],
  },
  { why: 'a replaced character', others: ['alphb'], problems: ['alphb.yaml:1 /name warning similar-names'] },
  { why: 'an added character', others: ['alpha1'], problems: ['alpha1.yaml:1 /name warning similar-names'] },
  { why: 'an added hyphen', others: ['al-pha'], problems: ['alpha.yaml:1 /name warning similar-names'] },
  { why: 'a removed character', others: ['alph'], problems: ['alpha.yaml:1 /name warning similar-names'] },
  { why: 'two changes', others: ['alpxx', 'lphab'], problems: [] },
  {
    why: 'a status that the platform does not allow',
    entry: 'regulatory: { status: investigational }\n',
    problems: ['alpha.yaml:12 /regulatory/status error allowed-policy'],
  },
  {
    why: 'a default status that the platform does not allow',
    platform: 'allow: { regulatory: [cleared], licenses: [Apache-2.0] }\n',
    problems: ['alpha.yaml:1 /regulatory/status error allowed-policy'],
  },
  {
    why: 'a licence that the platform does not allow',
    entry: 'license: GPL-3.0-only\n',
    problems: ['alpha.yaml:11 /license error allowed-policy'],
  },
  { why: 'a choice with one allowed licence', entry: 'license: GPL-3.0-only OR MIT\n', problems: [] },
  {
    why: 'two licences at once, one not allowed',
    entry: 'license: GPL-3.0-only AND MIT\n',
    problems: ['alpha.yaml:11 /license error allowed-policy'],
  },
  { why: 'AND binds closer than OR', entry: 'license: MIT OR MIT AND GPL-3.0-only\n', problems: [] },
  { why: 'an exception to an allowed licence', entry: 'license: Apache-2.0 WITH LLVM-exception\n', problems: [] },
];

describe('a rule complains at the place', () => {
  it.each(CASES)('$why', (one) => {
    expect(problemsOf(one)).toEqual(one.problems);
  });

  it.each([
    ['an unknown registry', `ghcr.io/a/b${DIGEST}`, '[]', false],
    ["the platform's own ECR", `000000000000.dkr.ecr.eu-central-1.amazonaws.com/a${DIGEST}`, '[]', true],
    ["another account's ECR", `111111111111.dkr.ecr.eu-central-1.amazonaws.com/a${DIGEST}`, '[]', false],
    ['an allowed registry', `ghcr.io/a/b${DIGEST}`, '[ghcr.io]', true],
    ['an allowed organisation', `ghcr.io/a/b${DIGEST}`, '[ghcr.io/a]', true],
    ['an allowed repository', `ghcr.io/a/b:v1${DIGEST}`, '[ghcr.io/a/b]', true],
    ['the start of another name', `ghcr.io/ab/b${DIGEST}`, '[ghcr.io/a]', false],
    ['a host that only starts like an allowed one', `ghcr.io.evil.example/a${DIGEST}`, '[ghcr.io]', false],
  ])('of an image from %s', (_, uri, allowed, accepted) => {
    const text = entryText('alpha').replace('source: algorithms/alpha', image(uri).trim());
    const platform = merged(PLATFORM, `images: { allowed_registries: ${allowed} }\n`);
    const { problems } = validateCatalog(
      { algorithms: [parseDocument(text, 'alpha.yaml')], platforms: [parseDocument(platform, 'local.yaml')] },
      () => true,
    );
    expect(problems.map(({ rule, pointer }) => `${pointer} ${rule}`)).toEqual(accepted ? [] : ['/image_uri allowed-registry']);
  });

  it('and every rule has a case', () => {
    const seen = new Set(CASES.flatMap(problemsOf).map((problem) => problem.split(' ').at(-1)));
    const elsewhere = [
      'allowed-registry', // below
      ...['frozen-contract', 'served-contracts', 'needs-version', 'needs-major', 'needs-base'], // releases.test.ts
      'style', // style.test.ts
    ];
    expect([...RULES, ...ACROSS_RULES, ...REVIEW_RULES].map(({ name }) => name).filter((name) => !seen.has(name))).toEqual(elsewhere);
  });
});

describe('names at the limits of AWS', () => {
  const platform = {
    name: 'local',
    prefix: 'twelve-chars',
    account: '000000000000',
    regions: ['ap-southeast-2'],
    file: 'local.yaml',
  } as unknown as Platform;
  const check = (name: string) => [
    ...physicalNamesFit.check({ algorithms: [{ name } as Algorithm], platforms: [platform], has: () => true, sizeOf: () => undefined }),
  ];

  it('the longest prefix and the longest algorithm fit', () => {
    expect(check('a'.repeat(36))).toEqual([]);
  });

  it('a queue of 80 characters fits and one of 81 does not', () => {
    const fixed = 'twelve-chars--requests-dlq.fifo'.length;
    expect(check('a'.repeat(80 - fixed))).toEqual([]);
    expect(check('a'.repeat(81 - fixed)).map(({ message }) => message)).toEqual([
      `the queue twelve-chars-${'a'.repeat(81 - fixed)}-requests-dlq.fifo has 81 characters, AWS allows 80 on platform local; choose a shorter name`,
    ]);
  });
});
