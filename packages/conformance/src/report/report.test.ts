import { load } from 'cheerio';
import { micromark } from 'micromark';
import { gfm, gfmHtml } from 'micromark-extension-gfm';
import { describe, expect, it } from 'vitest';
import type { Conformance } from '../result.ts';
import { conformance, result } from '../testing/fixtures.ts';
import { htmlReport } from './html.ts';
import { conformanceAsJson } from './json.ts';
import { markdownSection } from './markdown.ts';
import { renderConformance } from './terminal.ts';

const MASKS = { dice: 0.98347, volume: 62.94, reference_volume: 62.7, unit: 'ml', volume_rel: 0.0038, hausdorff95_mm: 1.25 };
const COUNTS = { components: 1, reference_components: 1 };
const SAMPLES = { samples: 4096, different: 35, fraction_different: 35 / 4096, max_abs: 1 };
const ENDED = { old_outcome: 'found', new_outcome: 'found', old_seconds: 0.5 };

/** A release of a segmentation: one case the same, one beyond the budget, one that failed. */
const STORY: Conformance = conformance({
  cases: [
    result({ change: { old_outcome: 'done', new_outcome: 'done', old_seconds: 0.2, same: true } }),
    result({
      ...{ name: 'liver', outcome: 'found', seconds: 0.75, expected: { by: 'tests/oracles/liver.py', ...SAMPLES, ...MASKS, ...COUNTS } },
      change: { ...ENDED, same: false, ...SAMPLES, ...MASKS, ...COUNTS },
      approval: ['Dice is 0.98347, at least 0.99 is accepted'],
    }),
    result({
      name: 'damaged',
      status: 'failed',
      reasons: ['the run ended with error internal'],
      outcome: null,
      digest: null,
      expected: null,
      error: { code: 'internal', message: '', where: '' },
    }),
  ],
});
const NEW = conformance({ old: { absent: 'window-level is new' } });
/** Whoever writes an algorithm writes the words of its errors. */
const HOSTILE =
  '</td></details><script>alert(1)</script> | ![x](https://evil.example/x.png) @everyone `code` \n# heading <!-- mip:section:plan -->';
const ATTACK = conformance({
  algorithm: 'window-level',
  old: { absent: HOSTILE },
  cases: [
    result({
      status: 'failed',
      reasons: [HOSTILE],
      approval: [HOSTILE],
      outcome: null,
      error: { code: HOSTILE, message: HOSTILE, where: '' },
    }),
  ],
});

describe('on a terminal', () => {
  it('is a table, what is wrong, and a line that counts', () => {
    expect(
      renderConformance(STORY, { colour: false })
        .split('\n')
        .map((line) => line.trimEnd()),
    ).toEqual(
      [
        'case     result   expected by   against what is expected                                                   new against old                                                                              ended           time',
        'abdomen  passed   oracle        all 100 samples equal                                                      the same                                                                                     done            0.12 s',
        'liver    passed   oracle        35 of 4096 samples differ, by 1 at most; Dice 0.98347; Hausdorff95 1.25 mm  35 of 4096 samples differ, by 1 at most; Dice 0.98347; Hausdorff95 1.25 mm; 62.7 → 62.94 ml  found           0.75 s',
        'damaged  failed   oracle                                                                                                                                                                                error internal  0.12 s',
        'damaged: the run ended with error internal',
        "liver needs the clinical owner's approval: Dice is 0.98347, at least 0.99 is accepted",
        'window-level 1.1.0 against 1.0.0, ran in the image: failed (2 passed, 1 failed)',
      ].map((line) => expect.toSatisfy((got: string) => squeezed(got) === squeezed(line))),
    );
  });

  it('says why there is no old version', () => {
    expect(renderConformance(NEW, { colour: false })).toContain(
      '\nwindow-level is new\nwindow-level 1.1.0, ran in the image: passed (1 passed)',
    );
  });
});

describe('on a terminal, hostile words', () => {
  it('stay on their lines and command nothing', () => {
    const lines = renderConformance(ATTACK, { colour: false }).split('\n');
    expect(lines.some((line) => line.startsWith('# heading') || line.startsWith('::'))).toBe(false);
    expect(lines.filter((line) => line.includes('\\n# heading'))).toHaveLength(4); // ended, reason, approval, no old version
  });
});

/** Whatever the table's widths are. */
function squeezed(line: string): string {
  return line.replaceAll(/ {2,}/g, '  ');
}

const rendered = (markdown: string) =>
  load(micromark(markdown, { extensions: [gfm()], htmlExtensions: [gfmHtml()], allowDangerousHtml: true }));

describe('on GitHub', () => {
  it('is a heading that tells the story, and old beside new as numbers', () => {
    expect(markdownSection([STORY, NEW], { report: 'https://github.example/artifact' })).toBe(STORY_MARKDOWN);
  });

  it('folds what passed and shows what failed', () => {
    const page = rendered(markdownSection([STORY, NEW]));
    expect(
      page('details')
        .toArray()
        .map((one) => page(one).attr('open')),
    ).toEqual(['open', undefined]);
    expect(
      page('table')
        .first()
        .find('tbody tr')
        .eq(1)
        .find('td')
        .toArray()
        .map((cell) => page(cell).text()),
    ).toEqual([
      ...['liver', '✅ passed', 'oracle', '35 of 4096 samples differ, by 1 at most; Dice 0.98347; Hausdorff95 1.25 mm'],
      ...['35 of 4096 samples differ, by 1 at most', '0.98347', '62.7 → 62.94 ml', 'found', '0.50 s → 0.75 s'],
    ]);
  });

  it('leaves out what passed first, then the tables, where there is not enough room', () => {
    const many = [STORY, ...Array.from({ length: 50 }, () => NEW)];
    const [, story = ''] = /(<details open>.*?<\/details>)/s.exec(markdownSection([STORY])) ?? [];
    const shorter = markdownSection(many, { longest: 4000 });
    expect(shorter).toContain(story);
    expect(shorter).toContain('✅ 50 more passed: their numbers are in the report.');
    expect(shorter.length).toBeLessThan(4000);
    const broken = Array.from({ length: 50 }, () => STORY);
    const shortest = markdownSection(broken, { longest: 4000 });
    expect(shortest).toContain('❌ <code>window-level</code>,');
    expect(shortest).toMatch(/ and 30 more\n\nThe numbers are in the report\.$/);
    expect(shortest.length).toBeLessThan(4000);
    expect(shortest.match(/needs the approval/g)).toHaveLength(20);
  });

  it('says that nothing had to run', () => {
    expect(markdownSection([])).toBe('### Conformance: no algorithm to build, no case to run');
  });

  it('shows hostile words as words', () => {
    const markdown = markdownSection([ATTACK]);
    expect(markdown).not.toContain('<!-- mip:section');
    const page = rendered(markdown);
    expect(page('script, img, a').length).toBe(0);
    expect(page('h1').length).toBe(0);
    expect(page('details').length).toBe(1);
    expect(page('details > ul').text()).toContain('<script>alert(1)</script>');
  });
});

describe('as a page', () => {
  const picture = Uint8Array.of(137, 80, 78, 71);
  const pictures = { new: '/work/new.png', source: '/work/source.png', difference: '/work/difference.png', old: '/work/old.png' };
  const page = (all: readonly Conformance[]) => load(htmlReport(all, () => picture));

  it('holds every picture, in the order of the story', () => {
    const read: string[] = [];
    const html = htmlReport([conformance({ cases: [result({ pictures })] })], (path) => {
      read.push(path);
      return picture;
    });
    expect(read).toEqual(['/work/source.png', '/work/old.png', '/work/new.png', '/work/difference.png']);
    const shown = load(html)('img');
    expect(shown.toArray().map((one) => one.attribs.alt)).toEqual([
      'abdomen, source',
      'abdomen, old',
      'abdomen, new',
      'abdomen, difference',
    ]);
    expect(shown.attr('src')).toBe(`data:image/png;base64,${Buffer.from(picture).toString('base64')}`);
  });

  it('fetches nothing, runs nothing and names no file of this machine', () => {
    const html = htmlReport([STORY, conformance({ cases: [result({ pictures })] })], () => picture);
    expect(html).not.toMatch(/https?:|\/work\/|<script|url\(|@import/);
    expect(load(html)('meta[http-equiv]').attr('content')).toBe("default-src 'none'; img-src data:; style-src 'unsafe-inline'");
  });

  it('tells what failed and what needs approval', () => {
    const shown = page([STORY]);
    expect(shown('h1').text()).toBe('Conformance: failed, 2 passed, 1 failed');
    expect(
      shown('h3 span')
        .toArray()
        .map((one) => shown(one).text()),
    ).toEqual(['passed', 'passed', 'failed']);
    expect(
      shown('.wrong li')
        .toArray()
        .map((one) => shown(one).text()),
    ).toEqual(['the run ended with error internal']);
    expect(shown('.approval').text()).toBe("Needs the clinical owner's approval:Dice is 0.98347, at least 0.99 is accepted");
  });

  it('shows hostile words as words', () => {
    const shown = page([ATTACK]);
    expect(shown('script, img, a').length).toBe(0);
    expect(shown('.wrong li').text()).toBe(HOSTILE);
  });
});

describe('as JSON', () => {
  it('is all of it but the paths of pictures', () => {
    const said = conformanceAsJson(conformance({ cases: [result({ pictures: { new: '/work/new.png' } })] }));
    expect(JSON.stringify(said)).not.toContain('/work');
    expect(said).toMatchObject({ algorithm: 'window-level', passed: true, cases: [{ name: 'abdomen', status: 'passed' }] });
    expect(conformanceAsJson(STORY).passed).toBe(false);
  });
});

const STORY_MARKDOWN = `
### Conformance: failed, 3 passed, 1 failed

> [!IMPORTANT]
> - <code>window-level/liver</code> needs the approval of <code>&#64;OWNER/mip</code>: Dice is 0.98347, at least 0.99 is accepted

<details open><summary>❌ window-level 1.1.0 against 1.0.0: 2 passed, 1 failed</summary>

Ran in the image, version <code>1.0.0</code> beside it.

| case | result | expected by | against what is expected | new against old | Dice | volume | outcome | time |
| --- | --- | --- | --- | --- | --- | --- | --- | --- |
| <code>abdomen</code> | ✅ passed | oracle | all 100 samples equal | the same |  |  | <code>done</code> | 0.20 s → 0.12 s |
| <code>liver</code> | ✅ passed | oracle | 35 of 4096 samples differ, by 1 at most; Dice 0.98347; Hausdorff95 1.25 mm | 35 of 4096 samples differ, by 1 at most | 0.98347 | 62.7 → 62.94 ml | <code>found</code> | 0.50 s → 0.75 s |
| <code>damaged</code> | ❌ failed | oracle |  | – |  |  | <code>error internal</code> | 0.12 s |

- ❌ <code>damaged</code>: the run ended with error internal

</details>

<details><summary>✅ window-level 1.1.0: 1 passed</summary>

Ran in the image. Without an old version: window-level is new.

| case | result | expected by | against what is expected | ended | time |
| --- | --- | --- | --- | --- | --- |
| <code>abdomen</code> | ✅ passed | oracle | all 100 samples equal | <code>done</code> | 0.12 s |

</details>

[Pictures of every case](https://github.example/artifact)`.trimStart();
