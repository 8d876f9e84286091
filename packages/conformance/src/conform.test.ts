/** Cases through SDK and judge, on algorithms whose faults are planted. */
import { mkdtemp, readdir, rm, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FULL } from '../../../tests/full.ts';
import { type ConformOptions, conform, type OldVersion } from './conform.ts';
import { inFolder } from './launch.ts';
import { hasPassed } from './result.ts';
import { algorithm, PLUS_ONE, PYTHON, REPOSITORY, repository, SAME } from './testing/fixtures.ts';

const RIGHT = 'return self.made(image_data.stored + 1)';
const FINDS_NOTHING = `
import numpy as np
from mip_sdk import Segmentation, VolumeProcessor

class Nothing(VolumeProcessor):
    def process_image(self, image_data, parameters):
        raise NotImplementedError

    def process_volume(self, volume, parameters):
        return Segmentation([np.zeros(volume.shape, np.int32)], "Nothing", "Nothing", ("123109", "DCM", "Manual Processing"))
`;
const ABSENT = { absent: 'nothing to compare with' };
const folders: string[] = [];
let right: string;

beforeAll(async () => {
  right = await made(RIGHT);
});
afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});

async function made(body: string): Promise<string> {
  const root = await repository(body);
  folders.push(root);
  return root;
}

async function run(root: string, changes: Partial<ConformOptions> = {}) {
  const work = await mkdtemp(join(tmpdir(), 'mip-work-'));
  folders.push(work);
  const shared = { algorithm: algorithm(), root, tools: REPOSITORY, python: PYTHON, work, place: inFolder(root, PYTHON), old: ABSENT };
  return conform({ ...shared, ...changes });
}

const oldIn = (root: string, changes = {}): OldVersion => ({
  subject: algorithm({ version: '0.9.0', ...changes }),
  place: inFolder(root, PYTHON),
});

describe('an algorithm', () => {
  it('passes when its result is what the oracle expects', async () => {
    const conformance = await run(right);
    const [one] = conformance.cases;
    expect(one).toMatchObject({ name: 'abdomen', status: 'passed', reasons: [], expected: { samples: 16_384, different: 0 } });
    expect([hasPassed(conformance), conformance.old, conformance.place]).toEqual([true, ABSENT, 'on this machine']);
  });

  it.each<[string, string, string]>([
    [
      'one sample is wrong',
      `made = image_data.stored + 1\nmade[0, 0, 0] += 3\nreturn self.made(made)`,
      'the largest difference of a sample is 3',
    ],
    ['it refuses the image', 'raise InvalidInput("no, | thanks")', 'the run ended with error invalid-input (no, | thanks) instead of done'],
    ['it breaks', 'raise ValueError(str(image_data.source.PatientID))', 'error internal (the algorithm failed unexpectedly (ValueError))'],
    [
      'its process is killed',
      'os.kill(os.getpid(), signal.SIGKILL)',
      'the process was ended by SIGKILL; it may have needed more than 512 MiB',
    ],
  ])('fails when %s', async (_, body, reason) => {
    const conformance = await run(await made(body));
    expect(conformance.cases[0]?.status).toBe('failed');
    expect(conformance.cases[0]?.reasons.join()).toContain(reason);
    expect(hasPassed(conformance)).toBe(false);
  });

  it('fails when it takes longer than its entry says', async () => {
    const slow = await made('time.sleep(600)');
    const [one] = (await run(slow, { algorithm: algorithm({ timeout: 2 }) })).cases;
    expect(one).toMatchObject({ status: 'failed', error: { code: 'timeout' } });
  });

  it.each<[string, object, string]>([
    ['the oracle', { expect: { oracle: 'tests/oracles/missing.py' } }, 'the oracle missing.py failed: ModuleNotFoundError'],
    ['the image', { image: { package: 'pydicom', file: 'missing.dcm' } }, 'pydicom ships no file missing.dcm'],
    [
      'the file',
      { image: { file: 'tests/missing.dcm', license: 'CC0-1.0', source: 'Nowhere' } },
      'there is no file tests/missing.dcm in the repository',
    ],
  ])('never passes for lack of %s', async (_, changes, reason) => {
    const conformance = await run(right, { algorithm: algorithm({ conformance: [{ ...PLUS_ONE, ...changes } as never] }) });
    expect(conformance.cases[0]?.status).toBe('failed');
    expect(conformance.cases[0]?.reasons.join()).toContain(reason);
  });

  it('never passes for lack of an interpreter, of the SDK, or of the judge', async () => {
    const none = { program: '/no/python', environment: {} };
    const bare = await made(RIGHT);
    await unlink(join(bare, 'algorithms', 'sdk'));
    for (const changes of [{ python: none }, { place: inFolder(right, none) }, { place: inFolder(bare, PYTHON) }, { tools: bare }]) {
      const [one] = (await run(right, changes)).cases;
      expect([one?.status, one?.reasons.length]).toEqual(['failed', 1]);
    }
  });

  // `mip up` runs cases on phantoms too.
  if (FULL)
    it('is given a phantom as a series that is made once, and is held against what is known of it', async () => {
      const root = await made(RIGHT);
      await writeFile(join(root, 'algorithms', 'plus-one', 'algorithm.py'), FINDS_NOTHING);
      const conformance = ['no-liver-small', 'standard-small', 'no-liver-small'].map((phantom, index) => ({
        ...{ name: `case-${index}`, image: { phantom }, expected_by: 'ground-truth' },
        expect: { truth: 'liver', outcome: 'nothing-found', dice_min: 1 },
      }));
      const output = {
        kind: 'segmentation',
        store: ['s3'],
        segments: [{ label: 'Liver', category: 'SCT 123037004', type: 'SCT 10200004' }],
      };
      const said = await run(root, {
        algorithm: algorithm({ input: { scope: ['series'], units: 'hu' }, output, conformance } as object),
      });
      expect(said.cases.map(({ status, reasons }) => [status, ...reasons])).toEqual([
        ['passed'],
        ['failed', 'Dice is 0, at least 1 is accepted'],
        ['passed'],
      ]);
      expect(said.cases[0]?.expected).toMatchObject({ by: 'phantom liver', samples: 40 * 128 * 128, different: 0 });
      expect(said.cases[1]?.expected?.reference_volume).toBeCloseTo(1270, -2);
      expect(await readdir(join(folders.at(-1) ?? '', '.phantoms'))).toEqual(['no-liver-small', 'standard-small']);
    }, 60_000);

  it('never passes for lack of a variant of the phantom', async () => {
    const phantom = { ...SAME, image: { phantom: 'liver' }, expected_by: 'ground-truth', expect: { outcome: 'done' } } as const;
    const [one] = (await run(right, { algorithm: algorithm({ conformance: [phantom] }) })).cases;
    expect(one?.status).toBe('failed');
    expect(one?.reasons.join()).toMatch(/^phantom: the phantom has no variant liver; it has standard, /);
  });
});

describe('new against old', () => {
  it('is the same where nothing changed', async () => {
    const conformance = await run(right, { old: oldIn(right), algorithm: algorithm({ version: '1.0.0' }) });
    expect(conformance.old).toEqual({ version: '0.9.0' });
    expect(conformance.cases[0]).toMatchObject({ approval: [], change: { same: true, different: 0, old_outcome: 'done' } });
  });

  if (FULL)
    it('is numbers, held against the change budget, whether the new version is right or wrong', async () => {
      const before = await made('made = image_data.stored + 1\nmade[0, 1, 2] += 5\nreturn self.made(made)');
      const [one] = (await run(right, { old: oldIn(before), pictures: true })).cases;
      expect(one).toMatchObject({ status: 'passed', change: { same: false, different: 1, max_abs: 5 } });
      expect(one?.approval).toEqual(['1 of 16384 samples changed, and the entry has no change_budget']);
      expect(Object.keys(one?.pictures ?? {})).toEqual(['source', 'old', 'new', 'difference']);
      const within = await run(right, { old: oldIn(before), algorithm: algorithm({ change_budget: { max_abs: 5 } }) });
      expect(within.cases[0]?.approval).toEqual([]);
    });

  it('says where there is nothing to compare with', async () => {
    const declared = { parameters: { strength: { type: 'int' } } } as const;
    const conformance = [{ ...PLUS_ONE, parameters: { strength: 1 } }];
    const [one] = (await run(right, { old: oldIn(right), algorithm: algorithm({ ...declared, conformance }) })).cases;
    expect([one?.status, one?.change, one?.approval]).toEqual(['passed', null, ["version 0.9.0 does not take the case's parameters"]]);
    const broken = await made(RIGHT);
    await writeFile(join(broken, 'algorithms', 'plus-one', 'algorithm.py'), 'nothing');
    const [two] = (await run(right, { old: oldIn(broken) })).cases;
    expect(two?.status).toBe('passed');
    expect(two?.approval.join()).toContain(
      'version 0.9.0 could not be run: the case did not start: mip_sdk.case: the algorithm cannot be loaded',
    );
  });
});
