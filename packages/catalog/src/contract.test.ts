import fc from 'fast-check';
import { load } from 'js-yaml';
import { describe, expect, it } from 'vitest';
import { checkAlgorithm } from './check.ts';
import { checkContract, contractText } from './contract.ts';
import { parseDocument } from './document.ts';
import { entryText, frozenText } from './testing/repository.ts';

const entry = (text: string) => checkAlgorithm(parseDocument(text, 'a.yaml')).item;

describe('the text of a contract', () => {
  it('is what callers rely on, defaults filled in, and nothing of the machine', () => {
    expect(contractText(entry(entryText('alpha', 'critical: true\n')))).toBe(frozenText('alpha'));
  });

  it('is JSON and YAML alike', () => {
    const text = contractText(entry(entryText('alpha', "parameters:\n  'on': { type: float, default: 1e3, unit: \"[hnsf'U]\" }\n")));
    expect(load(text)).toEqual(JSON.parse(text));
    expect(JSON.parse(text).parameters).toEqual({ on: { type: 'float', default: 1000, unit: "[hnsf'U]" } });
  });

  it('is the same in whatever order the entry says the same, and another for another contract', () => {
    const contract = JSON.parse(frozenText('alpha', { parameters: { p: { type: 'int', default: 1 }, q: { type: 'bool' } } }));
    const shuffled = (value: unknown, order: number): unknown => {
      if (Array.isArray(value)) return value.map((one) => shuffled(one, order));
      if (typeof value !== 'object' || value === null) return value;
      const members = Object.entries(value).sort(([a], [b]) => Math.sin(a.length * order) - Math.sin(b.length * order));
      return Object.fromEntries(members.map(([key, one]) => [key, shuffled(one, order)]));
    };
    fc.assert(
      fc.property(fc.integer(), fc.string(), (order, description) => {
        expect(contractText(shuffled(contract, order) as never)).toBe(contractText(contract));
        fc.pre(description !== contract.description);
        expect(contractText({ ...contract, description })).not.toBe(contractText(contract));
      }),
    );
  });
});

describe('a contract file', () => {
  const faults = (text: string) =>
    checkContract(parseDocument(text, 'catalog/releases/alpha/1.0.0.yaml'), 'alpha', '1.0.0').problems.map(
      ({ line, pointer, rule, message }) => `${line} ${pointer} ${rule}: ${message}`,
    );

  it('is sound as it is written, and as YAML that says the same', () => {
    expect(faults(frozenText('alpha'))).toEqual([]);
    const yaml = entryText('alpha').replace(/^(source|cpu|memory|owners):.*\n/gm, '');
    expect(faults(yaml)).toEqual([]);
  });

  it.each<[string, string, string[]]>([
    ['no mapping', '[]\n', ['1  schema: has to be a mapping, not a list']],
    ['no YAML', '{', ['1  yaml: unexpected end of the stream within a flow collection; mend the YAML here']],
    ['a field of the machine', frozenText('alpha', { cpu: 512 }), ['23 /cpu frozen-contract: is no part of a contract; remove it']],
    ['a field that nobody knows', frozenText('alpha', { x: 1 }), ['23 /x frozen-contract: is no part of a contract; remove it']],
    [
      "another's name",
      frozenText('beta'),
      ['11 /name frozen-contract: the file is catalog/releases/alpha/1.0.0.yaml but the name is beta; mend one of them'],
    ],
    [
      "another's version",
      frozenText('alpha', { version: '1.0.1' }),
      ['22 /version frozen-contract: the file is catalog/releases/alpha/1.0.0.yaml but the version is 1.0.1; mend one of them'],
    ],
    ['no version', frozenText('alpha', { version: undefined }), ['1 /version schema: version is missing; add it']],
    [
      'what the schema refuses',
      frozenText('alpha', { parameters: { p: { type: 'number' } } }),
      ['20 /parameters/p/type schema: has to be one of int, float, bool, string, enum, not "number"'],
    ],
  ])('is refused with %s', (_, text, problems) => {
    expect(faults(text)).toEqual(problems);
  });
});
