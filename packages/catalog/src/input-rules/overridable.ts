/**
 * Which rules on an input somebody's word can stand against. Never one on what the values are, or where they lie: the modality, the units,
 * the size and the geometry, without which a result would be wrong and not only doubtful. Pure. The worker has the same in Python, and
 * `schemas/vectors/input-rules.json` holds both to it.
 */
import type { InputRule } from '../entry.ts';
import { attributeOf } from './attribute.ts';

/** By tag, or how it begins: class and modality; spacings, scale and position; real world values and units; the functional groups, which hold all of these. */
const NEVER = [
  ...['00080016', '00080060', '00080061', '00409096', '004008EA', '52009229', '52009230'],
  ...['00180023', '00180088', '00181114', '00181120', '00181164', '00182010', '00185100', '00186011', '00187022', '00189322', '00189404'],
  // Where an image lies and on which side; its matrix, pixels and rescaling; slides; counts and their units; images and doses of radiotherapy.
  ...['0020', '0028', '0048', '0054', '3002', '3004'],
];
/** Of group 0028 only how lossily the image was compressed, which is about how good it is. */
const STILL = '002821';

/** Whether it is on an attribute, refuses images, and may be overridden. What a private attribute means is not known here. */
export function isOverridable({ tag: name, severity }: InputRule): boolean {
  const tag = name === undefined ? undefined : attributeOf(name)?.tag;
  if (tag === undefined || severity !== 'reject' || isPrivate(tag)) return false;
  return tag.startsWith(STILL) || !NEVER.some((start) => tag.startsWith(start));
}

/** Of an odd group. */
function isPrivate(tag: string): boolean {
  return Number.parseInt(tag.slice(0, 4), 16) % 2 === 1;
}
