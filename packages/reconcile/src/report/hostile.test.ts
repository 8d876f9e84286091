/** Names, reasons and values come from files and from AWS: whatever is in them, a log stays lines of text and a runner obeys none of it. */
import { renderProblem } from '@mip/catalog';
import { printable } from '@mip/catalog/printable';
import { commandIn } from '@mip/catalog/testing/runner-commands';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Plan } from '../plan.ts';
import type { Report } from '../run.ts';
import { annotatePlan, annotateProblems } from './annotations.ts';
import { renderPlan, renderReport } from './terminal.ts';

const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom('::', ':', '##[', '#', 'error', 'set-output name=a', ']', ' ', '\n', '\r', '\u001b[2J', '\u0085', '\u2028', '\u202e'),
      fc.string({ unit: 'binary', maxLength: 3 }),
    ),
    { maxLength: 8 },
  )
  .map((parts) => parts.join(''));
const value = fc.oneof(hostile, fc.constant(null), fc.array(hostile, { maxLength: 2 }), fc.dictionary(hostile, hostile, { maxKeys: 2 }));
const cause = fc.oneof(fc.constant(null), fc.record({ file: hostile, pointer: hostile, line: fc.constant(3) }));
const range = fc.constant({ min: 1, max: 2 });
const few = <T>(one: fc.Arbitrary<T>) => fc.array(one, { maxLength: 2 });
const target = { kind: fc.constantFrom('service', 'request-queue'), name: hostile, algorithm: hostile };

const plans: fc.Arbitrary<Plan> = fc.record({
  schema: fc.constant('plan/1' as const),
  platform: hostile,
  region: hostile,
  catalog: hostile,
  digest: fc.constant('sha256:0'),
  changes: few(
    fc.record({
      ...target,
      action: fc.constantFrom('create' as const, 'update' as const, 'delete' as const),
      risk: fc.constantFrom('low' as const, 'medium' as const, 'high' as const),
      fields: few(fc.record({ path: hostile, from: value, to: value })),
      cause,
    }),
  ),
  refusals: few(fc.record({ ...target, reason: hostile, cause })),
  contracts: few(
    fc.record({
      algorithm: hostile,
      from: hostile,
      to: hostile,
      needs: hostile,
      bump: fc.constant('major' as const),
      satisfied: fc.boolean(),
      changes: few(
        fc.record({
          path: hostile,
          effect: fc.constantFrom('breaking' as const, 'compatible' as const, 'wording' as const),
          sentence: hostile,
        }),
      ),
    }),
  ),
  cost: fc.record({
    priced: fc.constant('2026-03-10'),
    changes: few(fc.record({ algorithm: hostile, from: range, to: range })),
    from: range,
    to: range,
  }),
  quotas: fc.constant([{ quota: 'iam_roles' as const, needed: 9, atMost: null, allowed: 10 }]),
  overrides: few(fc.record({ algorithm: hostile, count: fc.constant(2), until: hostile })),
  pins: few(fc.record({ algorithm: hostile, version: hostile, until: hostile, by: hostile })),
});

const reports: fc.Arbitrary<Report> = fc.record({
  plan: plans,
  ok: fc.boolean(),
  calls: fc.constant([]),
  outcomes: few(
    fc.record({
      ...target,
      action: fc.constant('update' as const),
      result: fc.constantFrom('failed' as const, 'waiting' as const, 'done' as const),
      reason: hostile,
    }),
  ),
});

/** The colours that the renderer itself was asked for. */
const COLOURS = new RegExp(`${String.fromCharCode(27)}\\[\\d\\d?m`, 'g');
const CONTROLS = /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u;
const WORDS = /^(create|update|delete|low|medium|high|breaking|compatible|wording|failed|waiting|done|service|request-queue|iam_roles)$/;

/** The same with a word in place of every text, a word of its own for each. */
function tame<T>(given: T): T {
  const words = new Map<string, string>();
  const wordFor = (text: string) => words.set(text, words.get(text) ?? `word${words.size}`).get(text);
  return JSON.parse(JSON.stringify(given, (_, one) => (typeof one === 'string' && !WORDS.test(one) ? wordFor(one) : one)));
}

function expectHarmless<T>(given: T, render: (given: T) => string): void {
  const lines = render(given).split('\n');
  expect(lines.length).toBe(render(tame(given)).split('\n').length);
  for (const line of lines) {
    const bare = line.replaceAll(COLOURS, '');
    expect(bare).not.toMatch(CONTROLS);
    expect(commandIn(line) ?? commandIn(bare), bare).toBeUndefined();
  }
}

describe('whatever a plan holds', () => {
  it.each([true, false])('its lines on a terminal are its own, with colours = %s', (colour) => {
    fc.assert(
      fc.property(plans, few(hostile), (plan, dangers) => expectHarmless({ plan, dangers }, (one) => renderPlan(one, { colour }))),
      { numRuns: 1000 },
    );
  });

  it('so are those of a report', () => {
    fc.assert(
      fc.property(reports, (report) => expectHarmless(report, (one) => renderReport(one, { colour: true }))),
      { numRuns: 1000 },
    );
  });

  it('its annotations are printable, word by word', () => {
    fc.assert(
      fc.property(plans, (plan) => {
        for (const { file, title, message } of annotatePlan({ plan }))
          for (const text of [file, title, message]) expect(text).toBe(printable(text));
      }),
      { numRuns: 500 },
    );
  });
});

it('whatever a fault of the catalog holds, it is one line, and its annotation is printable', () => {
  const problem = fc.record({
    ...{ file: hostile, pointer: hostile, rule: hostile, message: hostile },
    ...{ line: fc.constant(1), column: fc.constant(1), severity: fc.constantFrom('error' as const, 'warning' as const) },
  });
  fc.assert(
    fc.property(problem, (one) => {
      expectHarmless(one, renderProblem);
      for (const { file, title, message } of annotateProblems([one]))
        for (const text of [file, title, message]) expect(text).toBe(printable(text));
    }),
    { numRuns: 500 },
  );
});
