import type { InputRule } from '../entry.ts';
import { attributeOf, keywords } from '../input-rules/attribute.ts';
import { readPattern } from '../input-rules/pattern.ts';
import { isNumeric, isText } from '../input-rules/values.ts';
import { nearestName } from '../nearest-name.ts';
import type { Complaint, Rule } from './rule.ts';

type Fault = Pick<Complaint, 'pointer' | 'message'>;

/** A rule on the input can be answered: its attribute exists and is compared in a way that its values allow, its pattern always ends. */
export const inputRules: Rule = {
  name: 'input-rules',
  severity: 'error',
  reads: ['input'],
  readsPlatform: [],
  *check({ algorithms }) {
    for (const of of algorithms) {
      for (const [index, rule] of (of.input.rules ?? []).entries()) {
        const at = `/input/rules/${index}`;
        for (const { pointer, message } of faults(rule)) yield { of, pointer: `${at}${pointer}`, message };
      }
    }
  },
};

function* faults(rule: InputRule): Iterable<Fault> {
  yield* rule.fact === undefined ? tagFaults(rule, rule.tag ?? '') : factFaults(rule, rule.fact);
  const { range, matches } = rule;
  if (range && range.minimum !== undefined && range.maximum !== undefined && range.minimum > range.maximum)
    yield { pointer: '/range/minimum', message: `the minimum ${range.minimum} is above the maximum ${range.maximum}; swap or mend them` };
  const pattern = matches === undefined ? undefined : readPattern(matches);
  if (typeof pattern === 'string')
    yield {
      pointer: '/matches',
      message: `RE2 does not take this pattern (${pattern}); write it without backreferences and looking around`,
    };
}

function* tagFaults(rule: InputRule, name: string): Iterable<Fault> {
  const attribute = attributeOf(name);
  if (!attribute) {
    const near = nearestName(name, keywords());
    const hint = near ? `; did you mean ${near}?` : '; write its keyword from PS3.6, or eight hexadecimal digits';
    yield { pointer: '/tag', message: `DICOM has no attribute ${name}${hint}` };
    return;
  }
  const { vr } = attribute;
  if (compared(rule).some((value) => typeof value === 'boolean'))
    yield { pointer: comparisonPointer(rule), message: 'no attribute of DICOM is true or false; write the value that it has' };
  if (vr === undefined || rule.present !== undefined) return;
  if (!isNumeric(vr) && !isText(vr))
    yield { pointer: comparisonPointer(rule), message: `${name} (${vr}) has no value to compare; ask whether it is present` };
  else if (rule.range && !isNumeric(vr))
    yield { pointer: '/range', message: `${name} (${vr}) is no number; use equals, one_of or matches` };
  else if (rule.matches !== undefined && isNumeric(vr))
    yield { pointer: '/matches', message: `${name} (${vr}) is a number, and a pattern is for text; use range or one_of` };
  const unit = UNITS[name];
  if (rule.range && unit && rule.range.unit !== unit)
    yield { pointer: '/range/unit', message: `DICOM has ${name} in ${unit}; write the bounds in that unit` };
}

function* factFaults(rule: InputRule, fact: NonNullable<InputRule['fact']>): Iterable<Fault> {
  const { type, unit, values } = FACTS[fact];
  if (rule.matches !== undefined)
    yield { pointer: '/matches', message: `a pattern is for attributes; compare ${fact} with equals or one_of` };
  if (rule.range && unit === undefined) yield { pointer: '/range', message: `${fact} is no number; use equals or one_of` };
  if (rule.range && unit !== undefined && rule.range.unit !== unit)
    yield { pointer: '/range/unit', message: `${fact} is in ${unit}; write the bounds in that unit` };
  const wrong = compared(rule).find((value) => typeof value !== type || (values && !values.includes(String(value))));
  if (wrong !== undefined)
    yield {
      pointer: comparisonPointer(rule),
      message: `${fact} is never ${JSON.stringify(wrong)}; it is ${values ? `one of ${values.join(', ')}` : `a ${type}`}`,
    };
}

function compared({ equals, one_of = [] }: InputRule) {
  return equals === undefined ? one_of : [equals];
}

function comparisonPointer(rule: InputRule): string {
  const name = (['equals', 'one_of', 'matches', 'range'] as const).find((one) => rule[one] !== undefined);
  return name ? `/${name}` : '';
}

interface FactKind {
  readonly type: 'number' | 'string' | 'boolean';
  /** Of a range. */
  readonly unit?: string;
  readonly values?: readonly string[];
}

const FACTS: Readonly<Record<NonNullable<InputRule['fact']>, FactKind>> = {
  spacing_mm: { type: 'number', unit: 'mm' },
  slices: { type: 'number', unit: '1' },
  orientation: { type: 'string', values: ['axial', 'coronal', 'sagittal', 'oblique'] },
  uniform: { type: 'boolean' },
  is_derived_by_mip: { type: 'boolean' },
};

/** Of attributes that rules are written on, the UCUM code of the unit that PS3.3 fixes; nothing is ever converted. */
const UNITS: Readonly<Record<string, string>> = {
  PixelSpacing: 'mm',
  ImagerPixelSpacing: 'mm',
  SliceThickness: 'mm',
  SpacingBetweenSlices: 'mm',
  ReconstructionDiameter: 'mm',
  DataCollectionDiameter: 'mm',
  SliceLocation: 'mm',
  GantryDetectorTilt: 'deg',
  FlipAngle: 'deg',
  KVP: 'kV',
  XRayTubeCurrent: 'mA',
  ExposureTime: 'ms',
  EchoTime: 'ms',
  RepetitionTime: 'ms',
  InversionTime: 'ms',
  MagneticFieldStrength: 'T',
  PatientWeight: 'kg',
  PatientSize: 'm',
  Rows: '1',
  Columns: '1',
  NumberOfFrames: '1',
  BitsAllocated: '1',
  BitsStored: '1',
  SamplesPerPixel: '1',
};
