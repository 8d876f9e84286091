import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Body, LONGEST_SECTION, parseBody, renderBody, type Section } from './comment-body.ts';

const line = fc.stringMatching(/^[A-Za-z0-9 #*`|.]{1,40}$/).map((text) => text.trim() || 'x');
const markdown = fc.array(line, { minLength: 1, maxLength: 8 }).map((lines) => lines.join('\n'));
const names = Object.keys(LONGEST_SECTION) as Section[];
const body: fc.Arbitrary<Body> = fc.record({
  notice: fc.option(line, { nil: undefined }),
  sections: fc.dictionary(fc.constantFrom(...names), markdown) as fc.Arbitrary<Body['sections']>,
});

describe('the comment', () => {
  it('is read back as it was written, also with the line ends that GitHub gives it', () => {
    fc.assert(
      fc.property(body, (written) => {
        const text = renderBody('north', written);
        const expected = { ...written, notice: written.notice?.replaceAll(/\s+/g, ' ') };
        expect(parseBody('north', text)).toEqual(expected);
        expect(parseBody('north', text.replaceAll('\n', '\r\n'))).toEqual(expected);
      }),
    );
  });

  it('of another platform, or none of ours, is not read', () => {
    expect(parseBody('south', renderBody('north', { sections: { plan: 'x' } }))).toBeUndefined();
    expect(parseBody('north', 'Looks good to me')).toBeUndefined();
    expect(parseBody('north', `I quote: ${renderBody('north', { sections: {} })}`)).toBeUndefined();
  });

  it('has its sections in one order, whichever was written first', () => {
    const text = renderBody('north', { sections: { result: 'RRR', conformance: 'CCC', plan: 'PPP' } });
    expect([...text.matchAll(/^[A-Z]{3}$/gm)].map(([found]) => found)).toEqual(['PPP', 'CCC', 'RRR']);
  });

  it('fits GitHub’s 65,536 characters whatever is in it', () => {
    const long = 'a line of words\n'.repeat(10_000);
    const text = renderBody('n'.repeat(36), { notice: long, sections: { plan: long, conformance: long, result: long } });
    expect(text.length).toBeLessThan(65_536);
    expect(parseBody('n'.repeat(36), text)?.sections.plan).toMatch(/a line of words\n\n_The rest is in the summary of the job\._$/);
  });
});
