/** The cases of an algorithm of this repository as a candidate gets them, and verdicts on what a real run of it left. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadCatalog } from '@mip/catalog';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { execute } from './execute.ts';
import { CandidateConformance, type CandidateEnd, inFolder, runCase } from './index.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const python = { program: join(ROOT, '.venv/bin/python'), environment: { PATH: process.env.PATH ?? '', LANG: 'C.UTF-8' } };
const missing = existsSync(python.program) ? undefined : 'needs .venv';
const NAME = 'python-simple';

describe.skipIf(missing)('the cases of an algorithm on a candidate', { timeout: 120_000 }, () => {
  const work = mkdtempSync(join(tmpdir(), 'mip-on-candidate-'));
  let conformance: CandidateConformance;
  let broken: CandidateConformance;
  beforeAll(async () => {
    const { algorithms } = await loadCatalog(ROOT);
    const tools = { tools: ROOT, root: ROOT, python };
    conformance = new CandidateConformance(tools, algorithms, join(work, 'a'));
    const image = { package: 'pydicom' as const, file: 'no-such-file.dcm' };
    const gone = algorithms.map((one) => ({ ...one, conformance: one.conformance?.map((of) => ({ ...of, image })) }));
    broken = new CandidateConformance(tools, gone as typeof algorithms, join(work, 'b'));
  }, 60_000);
  afterAll(() => {
    rmSync(work, { recursive: true, force: true });
  });

  it('come as bytes, with the UIDs that pydicom reads from them', async () => {
    for (const { name, images, uids } of await conformance.cases(NAME)) {
      expect(images.length, name).toBeGreaterThan(0);
      const file = join(work, 'seen.dcm');

      writeFileSync(file, images[0] as Uint8Array);
      const seen = await execute(
        python.program,
        ['-c', 'import sys, pydicom; print(pydicom.dcmread(sys.argv[1]).SOPInstanceUID)', file],
        {},
      );
      if (images.length === 1) expect(uids.instance_uid).toBe(seen.stdout.trim());
    }
  });

  /** What the algorithm makes of its first case, as a worker would have stored it. */
  async function ran(): Promise<CandidateEnd> {
    const { algorithms } = await loadCatalog(ROOT);
    const subject = algorithms.find(({ name }) => name === NAME);
    const [first] = await conformance.cases(NAME);
    if (!subject || !first) throw new Error(`${NAME} has no case`);
    const image = join(work, 'image.dcm');

    writeFileSync(image, first.images[0] as Uint8Array);
    const output = join(work, 'output');
    await runCase(inFolder(ROOT, python), { subject, parameters: first.parameters, images: [image], output });
    const { outcome, error, seconds } = JSON.parse(readFileSync(join(output, 'outcome.json'), 'utf8'));
    const files = readdirSync(output).flatMap((name) =>
      /\.(dcm|json)$/.test(name) && name !== 'outcome.json' ? [{ name, bytes: readFileSync(join(output, name)) }] : [],
    );
    return { case: first.name, outcome, error, seconds, files };
  }

  it('pass with what the algorithm makes, and not with one sample changed, with no image, or with another end', async () => {
    const end = await ran();
    const changed = end.files.map((file) => (file.name.endsWith('.dcm') ? { ...file, bytes: flipped(file.bytes) } : file));
    const failed = { outcome: null, error: { code: 'internal', message: 'its process ended' }, seconds: 1, files: [] };
    const all = [end, { ...end, files: changed }, { ...end, files: [] }, { ...end, ...failed }];
    const verdicts = await conformance.judge(NAME, all);
    expect(verdicts.map((reasons) => reasons.length > 0)).toEqual([false, true, true, true]);
  });

  it('are not left out when an image is gone', async () => {
    await expect(broken.cases(NAME)).rejects.toThrow(/^the case [a-z-]+ cannot be run: .*no-such-file\.dcm/);
  });
});

/** The samples are the last element of a result; the lowest bit of one of them is another. */
function flipped(bytes: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[copy.length - 4] = (copy[copy.length - 4] ?? 0) ^ 1;
  return copy;
}
