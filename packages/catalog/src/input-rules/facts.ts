/** Facts of one instance from its complete data set; undefined where a fact has to be read frame by frame. Pure. */
import type { FactName } from './check-rule.ts';
import { type Dataset, decimal, itemsOf, readAttribute, type Scalar, type Seen } from './values.ts';

const TAG = {
  pixelSpacing: '00280030',
  orientation: '00200037',
  numberOfFrames: '00280008',
  sharedGroups: '52009229',
  frameGroups: '52009230',
  pixelMeasures: '00289110',
  planeOrientation: '00209116',
  equipment: '0018A001',
  manufacturer: '00080070',
  purpose: '0040A170',
  code: '00080100',
  scheme: '00080102',
} as const;

/** DCM 109102, Processing Equipment: what a result of MIP names itself as. */
const PROCESSING = { code: '109102', scheme: 'DCM' };

/** The cosine between a normal and an axis of the patient from which a plane is called by that axis, as David Clunie's PixelMed has it. */
const OBLIQUE_BELOW = 0.8;
const PLANES = ['sagittal', 'coronal', 'axial'] as const;

type InstanceFact = Extract<FactName, 'spacing_mm' | 'orientation' | 'is_derived_by_mip'>;

/** What one instance says of itself, whatever lies beside it. */
export const INSTANCE_FACTS: Readonly<Record<InstanceFact, (dataset: Dataset) => Seen | undefined>> = {
  spacing_mm: (dataset) => fromGroups(dataset, TAG.pixelMeasures, TAG.pixelSpacing, spacing),
  orientation: (dataset) => fromGroups(dataset, TAG.planeOrientation, TAG.orientation, plane),
  is_derived_by_mip: (dataset) => seen([itemsOf(dataset, TAG.equipment).some(isMip)]),
};

/** The frames of an instance, 1 where it says nothing of them. */
export function framesOf(dataset: Dataset): number {
  const [frames = 1] = numbers(dataset, TAG.numberOfFrames) ?? [];
  return Number.isInteger(frames) && frames >= 1 ? frames : 1;
}

/** A fact with these values. */
export function seen(values: readonly Scalar[], more = false): Seen {
  return { values, present: values.length > 0, more, numeric: false };
}

/** From the attribute itself, or from the functional groups that all frames share. */
function fromGroups(dataset: Dataset, group: string, tag: string, read: (given: readonly number[]) => readonly Scalar[]) {
  const shared = itemsOf(dataset, TAG.sharedGroups).flatMap((item) => itemsOf(item, group));
  const given = numbers(dataset, tag) ?? (shared[0] && numbers(shared[0], tag));
  if (given) return seen(read(given));
  const framed = itemsOf(dataset, TAG.frameGroups).some((item) => itemsOf(item, group).length > 0);
  return framed ? undefined : seen([]);
}

function spacing(given: readonly number[]): readonly number[] {
  return given.length === 2 && given.every((one) => one > 0) ? given : [];
}

function plane(given: readonly number[]): readonly string[] {
  if (given.length !== 6) return [];
  const [a, b, c, d, e, f] = given as [number, number, number, number, number, number];
  const normal = [b * f - c * e, c * d - a * f, a * e - b * d].map(Math.abs);
  const length = Math.hypot(...normal);
  if (!(length > 0) || !Number.isFinite(length)) return [];
  const axis = normal.findIndex((component) => component / length >= OBLIQUE_BELOW);
  return [PLANES[axis] ?? 'oblique'];
}

function isMip(item: Dataset): boolean {
  const purposes = itemsOf(item, TAG.purpose);
  const processing = purposes.some((code) => textOf(code, TAG.code) === PROCESSING.code && textOf(code, TAG.scheme) === PROCESSING.scheme);
  return processing && textOf(item, TAG.manufacturer) === 'MIP';
}

function textOf(dataset: Dataset, tag: string): Scalar | undefined {
  return readAttribute(dataset, tag)?.values[0];
}

/** All values as numbers; nothing where one is none, or there is no value. */
function numbers(dataset: Dataset, tag: string): readonly number[] | undefined {
  const attribute = readAttribute(dataset, tag);
  const values = attribute?.values.map(decimal).filter((value) => value !== undefined) ?? [];
  return attribute && !attribute.more && values.length > 0 && values.length === attribute.values.length ? values : undefined;
}
