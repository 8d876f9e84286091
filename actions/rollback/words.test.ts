import { algorithm } from '@mip/reconcile/testing/fixtures';
import { describe, expect, it } from 'vitest';
import { type Rollback, rollbackBody } from './words.ts';

type Entry = Rollback['from'];
const entry = (over: Partial<Entry> = {}) => ({ ...algorithm('seg'), ...over }) as Entry;
const bodyOf = (over: Partial<Rollback> = {}) =>
  rollbackBody({
    from: entry({ version: '1.1.0' }),
    to: entry(),
    release: { commit: 'c0ffee'.repeat(7) },
    notes: [],
    runUrl: 'https://x.y/run',
    ...over,
  });

const NASTY = '](http://evil.example) @octo/all <img src=x>';

describe('the text of a rollback', () => {
  it('says what goes back, that callers notice nothing, and that it needs no version', () => {
    const body = bodyOf();
    expect(body).toContain(
      '<code>seg</code> goes back from 1.1.0 to 1.0.0: its entry as it was at <code>c0ffeec0ffee</code>, with all of <code>algorithms/seg</code>.',
    );
    expect(body).toContain('Nothing but the results: the contract is the same.');
    expect(body).toContain('also its comments.');
    expect(body).toContain('it needs no new number');
    expect(body).toContain('approve them to run');
  });

  it.each([
    ['a parameter that is gone', { parameters: {} }, '| breaking | the parameter threshold is gone |'],
    [
      'another default',
      { parameters: { threshold: { type: 'float', default: 1 } } },
      '| compatible | threshold: is 1 by default, was 81.8',
    ],
    ['other words', { description: 'Others.' }, '| wording | another description |'],
  ] as const)('names %s', (_, over, words) => {
    expect(bodyOf({ to: entry(over as Partial<Entry>) })).toContain(words);
  });

  it('names the fields that differ beside, and a folder that is built no more', () => {
    const to = entry({ cpu: 256, source: undefined as never, image_uri: 'r.example/seg@sha256:ab' });
    const body = bodyOf({ to });
    expect(body).toContain('these fields differ: <code>cpu</code>');
    expect(body).toContain('with the image <code>r.example/seg&#64;sha256:ab</code>');
    expect(body).toContain('The folder <code>algorithms/seg</code> stays as it is');
  });

  it('is text, whatever an entry says', () => {
    const values = { method: { type: 'enum' as const, values: [NASTY], default: NASTY } };
    const body = bodyOf({ from: entry({ parameters: values }), notes: [NASTY] });
    expect(body).toContain('method');
    expect(body).not.toMatch(/\]\(http:\/\/evil|@octo\/all|<img/);
  });
});
