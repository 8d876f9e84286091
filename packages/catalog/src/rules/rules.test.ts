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

const ECR = '000000000000.dkr.ecr.eu-central-1.amazonaws.com/mip-dicomweb';
const store = (fields: string) => `image_store: { ${fields} }\n`;
const CERTIFICATE = 'arn:aws:acm:eu-central-1:000000000000:certificate/1';
const GPU = 'capacity: { gpu: true }\n';
const NAT = 'network: { nat_gateways: 1 }\n';
const WITH_GPU = `${GPU}${NAT}`;
const pacs = (...lines: readonly string[]) => `pacs:\n${lines.map((line) => `  - { ${line} }\n`).join('')}`;

/** Of the image store and the PACSs; without a place of their own they begin at line 6 of the platform file. */
const PLATFORM_CASES: readonly Case[] = [
  {
    why: 'an image store as AWS can run it',
    platform: store(`image_uri: "${ECR}${DIGEST}", certificate_arn: "${CERTIFICATE}", domain: a.example`),
    problems: [],
  },
  {
    why: 'a memory that Fargate does not sell',
    platform: store('cpu: 256, memory: 4096'),
    problems: ['local.yaml:6 /image_store/memory error image-store'],
  },
  {
    why: 'an image store from an unknown registry',
    platform: store(`image_uri: "ghcr.io/a/b${DIGEST}"`),
    problems: ['local.yaml:6 /image_store/image_uri error image-store'],
  },
  {
    why: 'an image store from an allowed registry',
    platform: `${store(`image_uri: "ghcr.io/a/b${DIGEST}"`)}images: { allowed_registries: [ghcr.io] }\n`,
    problems: [],
  },
  { why: 'GPUs behind a NAT gateway', platform: WITH_GPU, problems: [] },
  {
    why: 'GPUs without a NAT gateway',
    platform: `${GPU}network: { nat_gateways: 0 }\n`,
    problems: ['local.yaml:6 /capacity/gpu error gpu-instances'],
  },
  { why: 'GPUs on an emulator', platform: `${WITH_GPU}emulated: true\n`, problems: ['local.yaml:6 /capacity/gpu error gpu-instances'] },
  {
    why: 'GPUs beside ARM processors',
    platform: `capacity: { gpu: { instance_type: g5g.xlarge } }\n${NAT}`,
    problems: ['local.yaml:6 /capacity/gpu/instance_type error gpu-instances'],
  },
  {
    why: 'a load balancer in one zone',
    platform: `${store(`image_uri: "${ECR}${DIGEST}"`)}network: { availability_zones: 1 }\n`,
    problems: ['local.yaml:7 /network/availability_zones error image-store'],
  },
  {
    why: 'a certificate of another region',
    platform: store('certificate_arn: "arn:aws:acm:us-east-1:000000000000:certificate/1", domain: a.example'),
    problems: ['local.yaml:6 /image_store/certificate_arn error image-store'],
  },
  {
    why: 'a PACS of its own, and it is the default',
    platform: `${pacs('name: hospital, url: "https://pacs.example:8443/dicom-web"')}default_pacs: hospital\n`,
    problems: [],
  },
  {
    why: 'two PACSs of one name',
    platform: pacs('name: aa, url: "https://a.example"', 'name: aa, url: "https://b.example"'),
    problems: ['local.yaml:8 /pacs/1/name error pacs-names'],
  },
  {
    why: 'a PACS that is called as the image store',
    platform: pacs('name: built-in, url: "https://a.example"'),
    problems: ['local.yaml:7 /pacs/0/name error pacs-names'],
  },
  {
    why: 'a default PACS that does not exist',
    platform: 'default_pacs: hospital\n',
    problems: ['local.yaml:6 /default_pacs error pacs-names'],
  },
  {
    why: 'a catalog in a folder that AWS does not see',
    platform: 'catalog: { folder: . }\n',
    problems: ['local.yaml:6 /catalog/folder error catalog-folder'],
  },
  { why: 'the same on an emulator', platform: 'emulated: true\ncatalog: { folder: . }\n', problems: [] },
  { why: 'a catalog on GitHub', platform: 'catalog: { repository: octo/catalog }\n', problems: [] },
  { why: 'the image store as the default', platform: 'default_pacs: built-in\n', problems: [] },
  ...[
    'http://pacs.example/dicom-web',
    'http://127.0.0.1.evil.example/x',
    'http://10.0.0.1/x',
    'http://localhost.example',
    'https://a.example:99999',
  ].map((url) => ({
    why: `a PACS at ${url}`,
    platform: `${pacs(`name: hospital, url: "${url}"`)}emulated: true\n`,
    problems: ['local.yaml:7 /pacs/0/url error pacs-addresses'],
  })),
  ...['http://127.0.0.1:8042/dicom-web', 'http://localhost:8042/dicom-web', 'http://[::1]:8042/dicom-web'].flatMap((url) => [
    { why: `a PACS at ${url} in an emulator`, platform: `${pacs(`name: orthanc, url: "${url}"`)}emulated: true\n`, problems: [] },
    {
      why: `a PACS at ${url} in AWS`,
      platform: pacs(`name: orthanc, url: "${url}"`),
      problems: ['local.yaml:7 /pacs/0/url error pacs-addresses'],
    },
  ]),
  {
    why: 'more PACSs with their own authorities than fit into an environment',
    platform: pacs(
      ...['aa', 'bb'].map(
        (name) =>
          `name: ${name}, url: "https://${name}.example", ca: "-----BEGIN CERTIFICATE----- ${'A'.repeat(2000)} -----END CERTIFICATE-----"`,
      ),
    ),
    problems: ['local.yaml:6 /pacs error pacs-fit'],
  },
];

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
  ...(
    [
      ['an attribute that DICOM does not have', '{ tag: PhotometricInterpretatio, equals: RGB, severity: reject }', '/tag'],
      ['a private attribute', '{ tag: "00091001", equals: x, severity: reject }', undefined],
      ['a keyword of a retired attribute', '{ tag: ImageDimensions, present: false, severity: warn }', undefined],
      ['a number as the value of text', '{ tag: SeriesDescription, equals: 8, severity: warn }', undefined],
      ['true as the value of an attribute', '{ tag: LossyImageCompression, equals: true, severity: reject }', '/equals'],
      ['false among values of an attribute', '{ tag: LossyImageCompression, one_of: ["00", false], severity: reject }', '/one_of'],
      ['a range of text', '{ tag: Modality, range: { minimum: 1, unit: "1" }, severity: reject }', '/range'],
      ['a pattern of numbers', '{ tag: BitsAllocated, matches: "8|16", severity: reject }', '/matches'],
      ['a value of a sequence', '{ tag: DerivationCodeSequence, equals: x, severity: reject }', '/equals'],
      ['whether there is a sequence', '{ tag: DerivationCodeSequence, present: false, severity: reject }', undefined],
      ['another unit than DICOM has', '{ tag: SliceThickness, range: { maximum: 0.5, unit: cm }, severity: reject }', '/range/unit'],
      ['an attribute without a known unit', '{ tag: WindowWidth, range: { minimum: 1, unit: "[hnsf\'U]" }, severity: warn }', undefined],
      ['an empty range of an attribute', '{ tag: KVP, range: { minimum: 2, maximum: 1, unit: kV }, severity: reject }', '/range/minimum'],
      ['a pattern that looks ahead', '{ tag: SeriesDescription, matches: "a(?=b)", severity: reject }', '/matches'],
      ['a pattern that refers back', '{ tag: SeriesDescription, matches: "(a)\\\\1", severity: reject }', '/matches'],
      ['a pattern with nested repeats', '{ tag: SeriesDescription, matches: "^(a+)+$", severity: reject }', undefined],
      ['a pattern with too many repeats', '{ tag: SeriesDescription, matches: "(a{1000}){1000}", severity: reject }', '/matches'],
      ['a spacing in another unit', '{ fact: spacing_mm, range: { maximum: 1, unit: cm }, severity: reject }', '/range/unit'],
      ['a spacing', '{ fact: spacing_mm, range: { maximum: 1, unit: mm }, severity: reject }', undefined],
      ['slices with a unit', '{ fact: slices, range: { minimum: 1, unit: mm }, severity: reject }', '/range/unit'],
      ['a range of a plane', '{ fact: orientation, range: { minimum: 1, unit: "1" }, severity: reject }', '/range'],
      ['a plane that is none', '{ fact: orientation, one_of: [axial, transverse], severity: reject }', '/one_of'],
      ['planes', '{ fact: orientation, one_of: [axial, oblique], severity: reject }', undefined],
      ['text as true or false', '{ fact: uniform, equals: "true", severity: reject }', '/equals'],
      ['a pattern of a fact', '{ fact: orientation, matches: "^ax", severity: reject }', '/matches'],
      ['results of MIP allowed', '{ fact: is_derived_by_mip, one_of: [true, false], severity: warn }', undefined],
    ] as const
  ).map(([why, rule, pointer]) => ({
    why: `a rule on ${why}`,
    entry: `input:\n  scope: [instance]\n  units: stored\n  rules:\n    - ${rule}\n`,
    problems: pointer === undefined ? [] : [`alpha.yaml:15 /input/rules/0${pointer} error input-rules`],
  })),
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
  { why: 'a GPU where there is one', entry: 'gpu: 1\n', platform: WITH_GPU, problems: [] },
  { why: 'a GPU where there are some', entry: 'gpu: 1\n', platform: `capacity: { gpu: { max_instances: 3 } }\n${NAT}`, problems: [] },
  {
    why: 'a GPU and a processor that its instances do not have',
    entry: 'gpu: 1\narchitectures: [arm64, amd64]\n',
    platform: WITH_GPU,
    problems: ['alpha.yaml:13 /architectures/0 error gpu-capacity'],
  },
  { why: 'that processor without a GPU', entry: 'architectures: [arm64]\n', platform: WITH_GPU, problems: [] },
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
  {
    why: 'a weight of a version that takes no requests',
    entry: 'releases:\n  - { version: 1.1.0, weight: 10, yanked: true }\n',
    problems: ['alpha.yaml:13 /releases/0/weight error served-versions'],
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
    entry: 'conformance:\n  - &a { name: a, image: { phantom: standard }, expected_by: oracle, expect: { max_abs: 0 } }\n  - *a\n',
    problems: ['alpha.yaml:14 /conformance/1/name error conformance-cases'],
  },
  {
    why: 'a phantom of a variant and a truth that there are, of a small size',
    entry:
      'conformance:\n  - { name: a, image: { phantom: mirrored-small }, expected_by: ground-truth, expect: { truth: liver, dice_min: 0.9 } }\n',
    problems: [],
  },
  {
    why: 'a phantom of a variant that there is not',
    entry:
      'conformance:\n  - { name: a, image: { phantom: mirrorred }, expected_by: ground-truth, expect: { truth: liver, dice_min: 0.9 } }\n',
    problems: ['alpha.yaml:13 /conformance/0/image/phantom error conformance-cases'],
  },
  {
    why: 'a truth that the phantom does not know',
    entry:
      'conformance:\n  - { name: a, image: { phantom: standard }, expected_by: ground-truth, expect: { truth: gallbladder, dice_min: 0.9 } }\n',
    problems: ['alpha.yaml:13 /conformance/0/expect/truth error conformance-cases'],
  },
  {
    why: 'recorded cases alone',
    entry: 'conformance:\n  - { name: a, image: { phantom: standard }, expected_by: recorded, expect: { max_abs: 0 } }\n',
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
  ...PLATFORM_CASES,
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
