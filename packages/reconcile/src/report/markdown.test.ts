/** Read back by the parser that GitHub's flavour has: what is shown is what was there, whatever it was. */
import { load } from 'cheerio';
import fc from 'fast-check';
import { micromark } from 'micromark';
import { gfm, gfmHtml } from 'micromark-extension-gfm';
import { describe, expect, it } from 'vitest';
import type { Outcome } from '../apply.ts';
import type { PlannedChange } from '../change.ts';
import { plan } from '../reconcile.ts';
import { algorithm, input, run } from '../testing/fixtures.ts';
import { MemoryAws } from '../testing/memory-aws.ts';
import { code, markdownPlan, markdownReport, text } from './markdown.ts';
import { headlineOf } from './story.ts';

function html(markdown: string) {
  return load(micromark(markdown, { extensions: [gfm()], htmlExtensions: [gfmHtml()], allowDangerousHtml: true }));
}

const collapsed = (value: string) => value.replaceAll(/\s+/g, ' ').trim();
/** Printable text, with what Markdown, HTML and GitHub read something into. */
const nasty = fc
  .array(
    fc.oneof(
      fc.constantFrom('|', '`', '``', '\\', '<b>', '-->', '@team', '#12', '&amp;', '*', '_', '[x](y)', '\n', ' ', 'https://x.y'),
      fc.string({ minLength: 1, maxLength: 5 }),
    ),
  )
  .map((parts) => collapsed(parts.join('').replaceAll(/[^\x20-\x7e\n]/g, '')));

describe('a value in a table', () => {
  it.each([
    ['code', code],
    ['text', text],
  ] as const)('as %s is one cell that reads as it was, and is no markup', (_, render) => {
    fc.assert(
      fc.property(nasty, (value) => {
        const $ = html(`| a | b |\n| --- | --- |\n| ${render(value)} | end |`);
        const cells = $('tbody td');
        expect(cells.length).toBe(2);
        expect(cells.last().text()).toBe('end');
        expect(collapsed(cells.first().text())).toBe(value);
        expect(cells.first().find('a, b, em, strong, del, img').length).toBe(0);
      }),
      { numRuns: 500 },
    );
  });
});

describe('a plan in Markdown', () => {
  it('tells the story in its heading and has one folded part for each algorithm', async () => {
    const aws = new MemoryAws();
    await run(aws, input([algorithm('seg'), algorithm('gone'), algorithm('stay')]));
    const prepared = await plan(aws, input([algorithm('seg', { cpu: 2048, memory: 4096 }), algorithm('stay'), algorithm('new')]));
    const $ = html(markdownPlan(prepared));
    expect($('h3').text()).toBe('test in eu-central-1: 1 to create, 1 to change, 1 to destroy, 0.00 to 331.60 USD a month more');
    expect(
      $('details summary b')
        .map((_, one) => $(one).text())
        .get(),
    ).toEqual(['gone', 'new', 'seg']);
    expect(
      $('table')
        .first()
        .find('tbody tr')
        .map((_, row) => collapsed($(row).text()))
        .get(),
    ).toEqual(['🗑️ gone 8 to delete high', '➕ new 8 to create low', '✏️ seg 3 to update medium']);
    const rows = $('details')
      .last()
      .find('tbody tr')
      .map((_, row) => collapsed($(row).text()))
      .get();
    expect(rows.slice(0, 2)).toEqual(['✏️ task-definition mip-seg /cpu 1024 2048 catalog/algorithms/seg.yaml:1', '/memory 2048 4096']);
  });

  it('shows first what stands against it', async () => {
    const prepared = await plan(new MemoryAws(), input([]));
    const markdown = markdownPlan(prepared);
    expect(markdown.split('\n').slice(0, 5)).toEqual([
      '### test in eu-central-1: would be refused',
      '',
      '> [!CAUTION]',
      '> - An apply of this plan would be refused.',
      '> - The catalog is empty. That is always refused: reconcile would delete everything.',
    ]);
  });
});

describe('a plan that is too long', () => {
  const many = Array.from({ length: 300 }, (_, index) => algorithm(`seg-${index}`));
  const made = plan(new MemoryAws(), input(many));

  it.each([1_000_000, 400_000, 60_000, 20_000, 4000])('fits %i characters, and says what it leaves out', async (longest) => {
    const text = markdownPlan(await made, longest);
    expect(text.length).toBeLessThanOrEqual(longest);
    const $ = html(text);
    const shown = $('details').length;
    if (shown < 300) expect($.text()).toContain(`The details of ${300 - shown} algorithms are left out here`);
    const rows = $('table').first().find('tbody tr').length;
    if (rows < 300) expect($('table').first().text()).toContain(`… and ${300 - (rows - 1)} more`);
    expect($('h3').text()).toContain('300 to create');
    expect($.text()).toContain('Plan sha256:');
  });

  it('leaves nothing out that fits', async () => {
    const whole = markdownPlan(await made);
    expect(html(whole)('details')).toHaveLength(300);
    expect(markdownPlan(await made, whole.length)).toBe(whole);
  });
});

it('a report in Markdown gives the worst of each algorithm, and why', async () => {
  const aws = new MemoryAws();
  const report = await run(aws, input([algorithm('seg'), algorithm('other')]));
  const failed = (outcome: Outcome): Outcome =>
    outcome.algorithm === 'seg' && outcome.kind === 'service' ? { ...outcome, result: 'failed', reason: 'no @quota left|' } : outcome;
  const $ = html(markdownReport({ ...report, ok: false, outcomes: report.outcomes.map(failed) }));
  expect($('h3').text()).toBe('test in eu-central-1: applied to 1 of 2 algorithms');
  expect(
    $('tbody tr')
      .map((_, row) => collapsed($(row).text()))
      .get(),
  ).toEqual(['seg ❌ failed create service mip-seg: no @quota left|', 'other ✅ done']);
});

describe('the headline', () => {
  const NO_COST = { priced: '2026-03-10', changes: [], from: { min: 0, max: 0 }, to: { min: 0, max: 0 } };
  const change = (algorithm: string, action: PlannedChange['action'], kind = 'service'): PlannedChange => ({
    kind,
    name: `mip-${algorithm}`,
    algorithm,
    action,
    fields: [],
    cause: null,
    risk: 'low',
  });

  it.each([
    ['nothing', [], 'nothing to change'],
    ['a new one', [change('a', 'create'), change('a', 'create', 'registry-entry')], '1 to create, nothing destroyed'],
    ['a row that was lost', [change('a', 'create', 'registry-entry')], '1 to change, nothing destroyed'],
    ['a repository that is not needed any more', [change('a', 'delete', 'image-repository')], '1 to change, nothing destroyed'],
    ['some of each', [change('a', 'delete'), change('b', 'update'), change('c', 'update')], '2 to change, 1 to destroy'],
  ])('%s', (_, changes, words) => {
    expect(headlineOf({ changes, cost: NO_COST, refusals: [] })).toBe(words);
  });
});
