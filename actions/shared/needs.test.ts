/** What one job hands to another about clinical owners. */
import { expect, it } from 'vitest';
import { needsAsText, readNeeds } from './needs.ts';

const need = (algorithm: string, reasons: readonly string[] = ['Dice is 0.9']) => ({ algorithm, owner: '@octo/clinic', reasons });

it('is read as it was written', () => {
  const needs = [need('seg'), { ...need('other'), owner: null }];
  expect(readNeeds(needsAsText(needs))).toEqual(needs);
});

it('never grows beyond what a check run and a variable take: reasons are left out, algorithms and owners never', () => {
  const many = Array.from({ length: 200 }, (_, at) =>
    need(
      `algorithm-${at}`,
      Array.from({ length: 50 }, () => 'x'.repeat(500)),
    ),
  );
  const text = needsAsText(many);
  expect(text.length).toBeLessThanOrEqual(40_000);
  expect(readNeeds(text).map(({ algorithm, owner }) => [algorithm, owner])).toEqual(many.map(({ algorithm, owner }) => [algorithm, owner]));
  expect(
    readNeeds(
      needsAsText([
        need(
          'seg',
          Array.from({ length: 12 }, () => 'x'),
        ),
      ]),
    )[0]?.reasons.at(-1),
  ).toBe('2 more in the report of the job build');
  expect(() => needsAsText(Array.from({ length: 2000 }, (_, at) => need(`algorithm-${at}`)))).toThrow('split it into several');
});

it('is one line that is no command to the runner, whatever a case printed', () => {
  const text = needsAsText([need('seg', ['a\n::set-output name=needs::[]\n##[error]stolen'])]);
  expect(text).not.toMatch(/\n|##\[/);
  expect(readNeeds(text)[0]?.reasons).toEqual(['a\n::set-output name=needs::[]\n##[error]stolen']);
});

it.each([
  '',
  '{}',
  '[1]',
  '[{"algorithm":"seg"}]',
  '[{"algorithm":"seg","owner":7,"reasons":[]}]',
  '[{"algorithm":"seg","owner":null,"reasons":[1]}]',
])('what no build wrote is refused: %s', (text) => {
  expect(() => readNeeds(text)).toThrow('is not what build hands on');
});
