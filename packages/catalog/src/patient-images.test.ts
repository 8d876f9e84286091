import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findPatientImages } from './patient-images.ts';
import { renderProblem } from './problem.ts';
import { checkRepository } from './repository.ts';
import { Repository } from './testing/repository.ts';

let repository: Repository;
beforeEach(() => {
  repository = new Repository();
});
afterEach(() => repository.remove());

const git = (...args: string[]) => execFileSync('git', ['-C', repository.root, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
const found = async () => (await findPatientImages(repository.root)).map(({ file, rule }) => `${file} ${rule}`);

/** An element, little endian, with or without its value representation; values have even length. */
function element(group: number, member: number, vr: string, value: string | Buffer, isExplicit = true): Buffer {
  const content = typeof value === 'string' ? Buffer.from(value.length % 2 ? `${value} ` : value, 'latin1') : value;
  const head = Buffer.alloc(isExplicit && vr === 'SQ' ? 12 : 8);
  head.writeUInt16LE(group, 0);
  head.writeUInt16LE(member, 2);
  if (isExplicit) head.write(vr, 4, 'latin1');
  if (isExplicit && vr !== 'SQ') head.writeUInt16LE(content.length, 6);
  else head.writeUInt32LE(content.length, isExplicit ? 8 : 4);
  return Buffer.concat([head, content]);
}

function item(...content: Buffer[]): Buffer {
  const all = Buffer.concat(content);
  const head = Buffer.from([0xfe, 0xff, 0x00, 0xe0, 0, 0, 0, 0]);
  head.writeUInt32LE(all.length, 4);
  return Buffer.concat([head, all]);
}

interface Image {
  readonly removed?: string;
  readonly method?: string;
  readonly code?: Buffer;
  readonly syntax?: string;
  /** Without preamble and header. */
  readonly bare?: boolean;
  readonly before?: Buffer;
}

const CANARY = 'CANARY^PATIENT';
const removed: Image = { removed: 'YES', method: 'CTP' };
const IMPLICIT = '1.2.840.10008.1.2';

function image({ removed, method, code, syntax = '1.2.840.10008.1.2.1', bare = false, before = Buffer.alloc(0) }: Image): Buffer {
  const explicit = syntax !== IMPLICIT;
  const one = (group: number, member: number, vr: string, value: string | Buffer) => element(group, member, vr, value, explicit);
  const dataset = [
    one(0x0008, 0x0005, 'CS', 'ISO_IR 100'),
    before,
    one(0x0010, 0x0010, 'PN', CANARY),
    ...(removed === undefined ? [] : [one(0x0012, 0x0062, 'CS', removed)]),
    ...(method === undefined ? [] : [one(0x0012, 0x0063, 'LO', method)]),
    ...(code === undefined ? [] : [one(0x0012, 0x0064, 'SQ', code)]),
    one(0x0028, 0x0010, 'US', Buffer.from([1, 0])),
    one(0x7fe0, 0x0010, 'OB', ''),
  ];
  const header = [Buffer.alloc(128), Buffer.from('DICM'), element(0x0002, 0x0010, 'UI', `${syntax}${syntax.length % 2 ? '\0' : ''}`)];
  return Buffer.concat([...(bare ? [] : header), ...dataset]);
}

/** As it should be, but its size is only known when it is inflated. */
function deflated(): Buffer {
  const whole = image({ ...removed, syntax: '1.2.840.10008.1.2.1.99' });
  const dataset = whole.indexOf(Buffer.from([0x08, 0x00, 0x05, 0x00]));
  return Buffer.concat([whole.subarray(0, dataset), deflateRawSync(whole.subarray(dataset))]);
}

const CODE = item(element(0x0008, 0x0100, 'SH', '113100'));
const IMPLICIT_CODE = item(element(0x0008, 0x0100, 'SH', '113100', false));

describe('a DICOM file in the repository', () => {
  it.each<[string, string, Buffer, boolean]>([
    ['with an identity', 'a.dcm', image({}), true],
    ['under another name', 'docs/notes.txt', image({}), true],
    ['without a name to speak of', 'IM0001', image({}), true],
    ['whose identity was removed', 'a.dcm', image(removed), false],
    ['that says so by a code', 'a.dcm', image({ removed: 'YES', code: CODE }), false],
    ['that says so by a code, implicitly', 'a.dcm', image({ removed: 'YES', code: IMPLICIT_CODE, syntax: IMPLICIT }), false],
    ['that says so, implicitly', 'a.dcm', image({ ...removed, syntax: IMPLICIT }), false],
    ['that says so without a method', 'a.dcm', image({ removed: 'YES' }), true],
    ['that says so with an empty method', 'a.dcm', image({ removed: 'YES', method: '' }), true],
    ['that says so with a blank method', 'a.dcm', image({ removed: 'YES', method: '  ' }), true],
    ['that says so with no code', 'a.dcm', image({ removed: 'YES', code: Buffer.alloc(0) }), true],
    ['that says so with an empty code', 'a.dcm', image({ removed: 'YES', code: item() }), true],
    ['that says no', 'a.dcm', image({ removed: 'NO', method: 'CTP' }), true],
    [
      'that says yes in a nested item only',
      'a.dcm',
      image({ before: element(0x0008, 0x1140, 'SQ', item(element(0x0012, 0x0062, 'CS', 'YES'), element(0x0012, 0x0063, 'LO', 'CTP'))) }),
      true,
    ],
    ['without preamble', 'a.dcm', image({ bare: true }), true],
    ['without preamble, in capitals', 'A.IMA', image({ bare: true }), true],
    ['without preamble, implicit', 'a.dicom', image({ bare: true, syntax: IMPLICIT }), true],
    ['without preamble, whose identity was removed', 'a.dcm', image({ ...removed, bare: true }), false],
    ['without preamble, implicit, whose identity was removed', 'a.dcm', image({ ...removed, bare: true, syntax: IMPLICIT }), false],
    ['cut off before it says so', 'a.dcm', image(removed).subarray(0, 170), true],
    ['cut off in its preamble', 'a.dcm', image(removed).subarray(0, 120), true],
    ['that is deflated', 'a.dcm', deflated(), true],
    ['that tells it after a megabyte', 'a.dcm', image({ ...removed, before: element(0x0009, 0x1000, 'SQ', Buffer.alloc(2 ** 20)) }), true],
    ['of nothing but its mark', 'a', Buffer.concat([Buffer.alloc(128), Buffer.from('DICM')]), true],
    ['that is only called one', 'a.dcm', Buffer.from('see https://example.org/a.dcm\n'), false],
    ['that is empty', 'a.dcm', Buffer.alloc(0), false],
    ['without preamble, under another name, which no one can tell from others', 'a.bin', image({ bare: true }), false],
  ])('%s', async (_, path, bytes, refused) => {
    repository.write(path, bytes);
    const problems = await findPatientImages(repository.root);
    expect(problems.map(({ file }) => file)).toEqual(refused ? [path] : []);
    expect(JSON.stringify(problems)).not.toContain('CANARY');
  });

  it('is refused in a sentence that says what to do', async () => {
    repository.write('a.dcm', image({}));
    const [problem] = (await checkRepository(repository.root)).problems;
    expect(problem && renderProblem(problem)).toBe(
      'a.dcm:1:1 error: is a DICOM file that does not say that its patient is unknown, by PatientIdentityRemoved YES and a method; take it out of the repository and of its history, or list a known public image by its SHA-256 in catalog/public-images.yaml (patient-image)',
    );
  });
});

describe('what Git keeps', () => {
  it.each([[true], [false]])('is looked at, and nothing else (a repository: %s)', async (isRepository) => {
    if (isRepository) git('init', '-q');
    repository
      .write('.gitignore', 'ignored/\n')
      .write('ignored/a.dcm', image({}))
      .write('kept/a.dcm', image({}))
      .write('grüß/\n.dcm', image({}));
    symlinkSync('ignored/a.dcm', join(repository.root, 'link.dcm'));
    symlinkSync('nowhere', join(repository.root, 'nowhere.dcm'));
    execFileSync('mkfifo', [join(repository.root, 'pipe.dcm')]);
    expect(await found()).toEqual(['grüß/\n.dcm patient-image', 'kept/a.dcm patient-image']);
  });

  it('is also what was committed though it is ignored, and not what is deleted', async () => {
    git('init', '-q');
    repository.write('.gitignore', '*.dcm\n').write('a.dcm', image({})).write('b.dcm', image({})).write('c.dcm', image({}));
    repository.write('pipe', '');
    git('add', '-f', 'a.dcm', 'b.dcm', 'pipe');
    for (const path of ['b.dcm', 'pipe']) rmSync(join(repository.root, path));
    execFileSync('mkfifo', [join(repository.root, 'pipe')]);
    expect(await found()).toEqual(['a.dcm patient-image']);
  });

  it('may lie in Git LFS: then its content has to be known', async () => {
    const digest = createHash('sha256').update(image({})).digest('hex');
    const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${digest}\nsize 1234\n`;
    repository.write('a.dcm', pointer).write('a.txt', pointer);
    expect(await findPatientImages(repository.root)).toMatchObject([
      { file: 'a.dcm', message: expect.stringMatching(/^is called a DICOM file and lies in Git LFS, so that nobody can see here/) },
    ]);
    repository.write('catalog/public-images.yaml', `images: [{ sha256: ${digest}, source: https://example.org/a, license: MIT }]\n`);
    expect(await found()).toEqual([]);
  });
});

describe('a known public image', () => {
  const digest = createHash('sha256').update(image({})).digest('hex');

  it('is accepted by its content, wherever it lies', async () => {
    repository.write('catalog/public-images.yaml', `images: [{ sha256: ${digest}, source: https://example.org/a, license: MIT }]\n`);
    repository
      .write('a.dcm', image({}))
      .write('x/b', image({}))
      .write('c.dcm', Buffer.concat([image({}), Buffer.alloc(1)]));
    expect(await found()).toEqual(['c.dcm patient-image']);
  });

  it('is none where the list has a fault, which is told', async () => {
    repository.write('a.dcm', image({})).write('catalog/public-images.yaml', `images: [{ sha256: ${digest}, source: me, license: MIT }]\n`);
    expect((await findPatientImages(repository.root)).map(renderProblem).map((line) => line.slice(0, 90))).toEqual([
      'a.dcm:1:1 error: is a DICOM file that does not say that its patient is unknown, by Patient',
      expect.stringMatching(/^catalog\/public-images.yaml:1:\d+ error \/images\/0\/source: "me" does not fit/),
    ]);
  });
});

describe('the images that pydicom ships', () => {
  const PROJECT = join(import.meta.dirname, '../../..');
  const python = (...args: string[]) => execFileSync(join(PROJECT, '.venv/bin/python'), args, { encoding: 'utf8' });

  it('are refused exactly where pydicom finds no removed identity', async () => {
    const data = dirname(python('-c', 'import pydicom.data; print(pydicom.data.__file__)').trim());
    cpSync(data, join(repository.root, 'data'), { recursive: true });
    const expected = JSON.parse(python(join(PROJECT, 'tests/oracles/patient_images.py'), repository.root));
    expect((await findPatientImages(repository.root)).map(({ file }) => file)).toEqual(expected);
    expect(expected.length).toBeGreaterThan(100);
  });
});
