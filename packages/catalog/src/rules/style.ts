import type { Algorithm } from '../entry.ts';
import { below } from '../pointer.ts';
import type { Complaint, Rule } from './rule.ts';

/** The schema's order: who it is, what it needs, what it takes and gives, how it is proved, who answers for it. */
export const FIELD_ORDER = [
  ...['name', 'version', 'description', 'status', 'algorithm_type', 'source', 'image_uri'],
  ...['cpu', 'memory', 'architectures', 'gpu', 'timeout', 'memory_model', 'scaling', 'queue'],
  ...['parameters', 'input', 'output', 'conformance', 'change_budget', 'releases'],
  ...['owners', 'clinical_owner', 'role_class', 'critical', 'license', 'regulatory', 'intended_use', 'limitations', 'references'],
] as const;

const PLACES: ReadonlyMap<string, number> = new Map(FIELD_ORDER.map((field, place) => [field, place]));

/** What makes entries alike, so that people find their way in them; it fails nothing. */
export const style: Rule = {
  name: 'style',
  severity: 'warning',
  reads: ['description', 'parameters'],
  readsPlatform: [],
  *check({ algorithms }) {
    for (const of of algorithms) {
      yield* order(of);
      yield* prose(of);
    }
  },
};

/** The first field that stands too late; one move may mend all. */
function* order(of: Algorithm): Iterable<Complaint> {
  let before = '';
  for (const field of of.written) {
    const place = PLACES.get(field);
    if (place === undefined) continue;
    if (place < (PLACES.get(before) ?? -1)) {
      const after = of.written.filter((one) => (PLACES.get(one) ?? -1) > place)[0];
      yield { of, pointer: below('', field), message: `stands before ${after} in other entries; move it there` };
      return;
    }
    before = field;
  }
}

function* prose(of: Algorithm): Iterable<Complaint> {
  if (!/[.!?]\s*$/.test(of.description))
    yield { of, pointer: '/description', message: 'is what people read in lists and in the API; end it as a sentence, with a full stop' };
  for (const [name, { description }] of Object.entries(of.parameters))
    if (!description)
      yield { of, pointer: below('/parameters', name), message: 'has no description; say what it does, for who has to choose a value' };
}
