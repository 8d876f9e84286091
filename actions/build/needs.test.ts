/** What of a change needs the clinical owner, beside what the cases showed: what would keep them from showing it. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseDocument } from '@mip/catalog';
import { checkAlgorithm } from '@mip/catalog/check';
import type { Conformance } from '@mip/conformance';
import { afterAll, beforeEach, expect, it } from 'vitest';
import { entryFile, entryPath } from '../../tests/actions/catalog.ts';
import { needsOf } from './needs.ts';

const base = mkdtempSync(join(tmpdir(), 'mip-needs-'));
beforeEach(() => {
  rmSync(join(base, 'catalog'), { recursive: true, force: true });
  mkdirSync(join(base, 'catalog/algorithms'), { recursive: true });
});
afterAll(() => rmSync(base, { recursive: true, force: true }));

type Over = Readonly<Record<string, string | undefined>>;
const CASE =
  'name: ct, image: { package: pydicom, file: CT_small.dcm }, expected_by: oracle, expect: { oracle: tests/oracles/seg.py, outcome: done';
const BUILT: Over = { image_uri: undefined, source: 'algorithms/seg', clinical_owner: '"@clinician"', change_budget: '{ max_abs: 1 }' };
const PROVEN = { conformance: `[{ ${CASE}, max_abs: 0 } }]` };
const QUIET = { cases: [], old: { version: '1.0.0' } } as unknown as Conformance;

/** @param before null where the base has none. */
function needs(before: Over | null, now: Over, conformance?: Partial<Conformance>) {
  if (before) writeFileSync(join(base, entryPath('seg')), entryFile('seg', { ...PROVEN, ...before }));
  const { item } = checkAlgorithm(parseDocument(entryFile('seg', { ...PROVEN, ...now }), entryPath('seg')));
  return needsOf([item], conformance ? [{ algorithm: item, conformance: { ...QUIET, ...conformance } }] : [], base);
}

it.each<[string, Over, Over, readonly string[]]>([
  ['nothing', BUILT, { ...BUILT, version: '1.0.1' }, []],
  ['another budget', BUILT, { ...BUILT, change_budget: '{ max_abs: 9 }' }, ['the change_budget is another']],
  ['no budget', BUILT, { ...BUILT, change_budget: undefined }, ['the change_budget is another']],
  ['another owner', BUILT, { ...BUILT, clinical_owner: '"@friend"' }, ['the clinical owner is @friend from now on']],
  ['no owner', BUILT, { ...BUILT, clinical_owner: undefined }, ['the clinical owner is nobody from now on']],
  [
    'another image in a case',
    BUILT,
    { ...BUILT, conformance: `[{ ${CASE.replace('CT_small', 'MR_small')} } }]` },
    ['the case ct is gone, or has another image or other parameters'],
  ],
  [
    'another name of a case',
    BUILT,
    { ...BUILT, conformance: `[{ ${CASE.replace('ct', 'head')} } }]` },
    ['the case ct is gone, or has another image or other parameters'],
  ],
  [
    'another tolerance, and one more case',
    BUILT,
    { ...BUILT, conformance: `[{ ${CASE}, max_abs: 5 } }, { ${CASE.replace('ct', 'head')} } }]` },
    [],
  ],
])('%s', (_, before, now, reasons) => {
  expect(needs(before, now, {})).toEqual(reasons.length > 0 ? [{ algorithm: 'seg', owner: '@clinician', reasons }] : []);
});

it('whoever changes results does not choose who approves it', () => {
  const [one] = needs(BUILT, { ...BUILT, clinical_owner: '"@friend"' }, { cases: [{ name: 'ct', approval: ['Dice is 0.9'] } as never] });
  expect(one).toMatchObject({ owner: '@clinician', reasons: ['ct: Dice is 0.9', 'the clinical owner is @friend from now on'] });
  expect(needs({ ...BUILT, clinical_owner: undefined }, BUILT, { cases: [{ name: 'ct', approval: ['x'] } as never] })[0]?.owner).toBe(
    '@clinician',
  );
});

it('what is new changes nothing; what cannot be compared may have changed anything', () => {
  const old = { absent: 'the image of version 1.0.0 cannot be built any more' };
  expect(needs(null, BUILT, { old })).toEqual([]);
  expect(needs(BUILT, BUILT, { old })[0]?.reasons).toEqual([`no case could be compared with the version before: ${old.absent}`]);
});

it('an image of somebody else, in which no case is run, needs its owner, where it has one', () => {
  const ready: Over = { clinical_owner: '"@clinician"' };
  const other: Over = { image_uri: `registry.example/seg@sha256:${'cd'.repeat(32)}` };
  expect(needs(ready, ready)).toEqual([]);
  expect(needs(ready, { ...ready, ...other })).toMatchObject([
    { owner: '@clinician', reasons: ['it runs another image, in which no case was run'] },
  ]);
  expect(needs(BUILT, { ...ready, change_budget: BUILT.change_budget })).toMatchObject([
    { reasons: ['it runs another image, in which no case was run'] },
  ]);
  expect(needs({}, other)).toEqual([]);
});
