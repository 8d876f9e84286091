import type { Algorithm, ConformanceCase } from '../entry.ts';
import { PHANTOM_TRUTHS, PHANTOM_VARIANTS } from '../generated/phantom.ts';
import { nearestName } from '../nearest-name.ts';
import { validateParameters } from '../parameters.ts';
import { below } from '../pointer.ts';
import type { Complaint, Rule, RuleContext } from './rule.ts';

/** Git keeps every version of a file for ever. */
const MAX_IMAGE_BYTES = 2_000_000;

/** A case has a name of its own, parameters that a request could carry, and expectations that exist. */
export const conformanceCases: Rule = {
  name: 'conformance-cases',
  severity: 'error',
  reads: ['conformance', 'parameters'],
  readsPlatform: [],
  *check({ algorithms, ...files }) {
    for (const of of algorithms) yield* complaintsOf(of, files);
  },
};

function* complaintsOf(of: Algorithm, { has, sizeOf }: Pick<RuleContext, 'has' | 'sizeOf'>): Iterable<Complaint> {
  const names = new Set<string>();
  for (const [index, { name, parameters, expect, image }] of (of.conformance ?? []).entries()) {
    const at = below('/conformance', index);
    if (names.has(name)) yield { of, pointer: `${at}/name`, message: `two cases are called ${name}; rename one` };
    names.add(name);
    const { faults } = validateParameters(of.parameters, parameters ?? {}, `${at}/parameters`);
    yield* faults.map(({ pointer, detail }): Complaint => ({ of, pointer, message: detail }));
    for (const field of ['oracle', 'mask'] as const) {
      const path = expect[field];
      if (path !== undefined && !has(path))
        yield { of, pointer: `${at}/expect/${field}`, message: `there is no file ${path}; add it or name the one that exists` };
    }
    yield* phantomFaults({ image, expect }, at).map((fault): Complaint => ({ of, ...fault }));
    if (image.package !== undefined || image.file === undefined) continue;
    const size = sizeOf(image.file) ?? 0;
    const pointer = `${at}/image/file`;
    if (!has(image.file)) yield { of, pointer, message: `there is no file ${image.file}; add it or name the one that exists` };
    else if (size > MAX_IMAGE_BYTES)
      yield {
        of,
        pointer,
        message: `${image.file} has ${size} bytes, more than ${MAX_IMAGE_BYTES}; take a smaller image, or one of a package`,
      };
  }
}

/** What the phantom of `tools/phantom` has no name for. */
function phantomFaults({ image, expect }: Pick<ConformanceCase, 'image' | 'expect'>, at: string): Omit<Complaint, 'of'>[] {
  const named = [
    { pointer: `${at}/image/phantom`, name: image.phantom, what: 'variant', known: PHANTOM_VARIANTS },
    { pointer: `${at}/expect/truth`, name: expect.truth, what: 'truth', known: PHANTOM_TRUTHS },
  ];
  return named.flatMap(({ pointer, name, what, known }) =>
    name === undefined || known.includes(name) ? [] : [{ pointer, message: `the phantom has no ${what} ${name}; ${instead(name, known)}` }],
  );
}

function instead(name: string, known: readonly string[]): string {
  const near = nearestName(name, known);
  return near === undefined ? `take one of ${known.join(', ')}` : `did you mean ${near}?`;
}

/** Results that were only recorded say that nothing changed, not that anything is right. */
export const conformanceAuthority: Rule = {
  name: 'conformance-authority',
  severity: 'warning',
  reads: ['conformance'],
  readsPlatform: [],
  *check({ algorithms }) {
    for (const of of algorithms) {
      const cases = of.conformance ?? [];
      if (cases.length && cases.every((one) => one.expected_by === 'recorded')) {
        yield {
          of,
          pointer: '/conformance',
          message: 'every case is recorded; a release needs one that an oracle or the ground truth decides',
        };
      }
    }
  },
};
