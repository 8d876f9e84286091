import { describe, expect, it } from 'vitest';
import { chooseCases } from './cases.ts';
import { algorithm, PLUS_ONE } from './testing/fixtures.ts';

const TWO = [PLUS_ONE, { ...PLUS_ONE, name: 'second', parameters: { width: 2 } }];
const WIDTH = { width: { type: 'int', default: 1, maximum: 5 }, note: { type: 'string' } } as const;

describe('the cases of an entry', () => {
  it('come in their order, with the defaults of the parameters', () => {
    const chosen = chooseCases(algorithm({ conformance: TWO, parameters: WIDTH }));
    expect(chosen).toEqual([
      { of: TWO[0], parameters: { width: 1 } },
      { of: TWO[1], parameters: { width: 2 } },
    ]);
  });

  it('can be narrowed to one', () => {
    expect(chooseCases(algorithm({ conformance: TWO, parameters: WIDTH }), 'second').map(({ of }) => of.name)).toEqual(['second']);
    expect(() => chooseCases(algorithm({ conformance: TWO }), 'third')).toThrow('plus-one has no case third; it has abdomen, second.');
  });

  it('are asked for where there are none', () => {
    for (const conformance of [undefined, []])
      expect(() => chooseCases({ ...algorithm(), conformance } as never)).toThrow('plus-one has no conformance cases');
  });

  it('do not run with parameters that a request could not carry', () => {
    const wrong = { ...PLUS_ONE, parameters: { width: 9 } };
    expect(chooseCases(algorithm({ conformance: [wrong], parameters: WIDTH }))).toEqual([
      { of: wrong, reason: '/parameters/width has to be at most 5' },
    ]);
  });
});
