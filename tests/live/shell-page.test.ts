import { describe, expect, it } from 'vitest';
import { shellSteps, shown } from './shell-page.ts';

const fenced = (language: string, text: string) => `\`\`\`${language}\n${text}\n\`\`\`\n`;
const page = (...blocks: readonly string[]) =>
  ['# A page\n', '## Before\n', '## Here\n', ...blocks, '## After\n', fenced('sh', 'no')].join('\n');

describe('a shell in a page', () => {
  it('is the blocks of its section, each with what it answers', () => {
    const steps = shellSteps(page(fenced('sh', 'a'), 'words', fenced('ts', 'other'), fenced('sh', 'b'), fenced('json', '{}')), 'Here');
    expect(steps).toEqual([{ script: 'a\n' }, { script: 'b\n', answer: { language: 'json', text: '{}\n' } }]);
  });

  it('is none where the section has another name, or something is answered that nobody asked', () => {
    expect(() => shellSteps(page(), 'There')).toThrow('the page has no section There');
    expect(() => shellSteps(page(fenced('sh', 'a'), fenced('json', '1'), fenced('json', '2')), 'Here')).toThrow('nothing was asked');
  });

  it('has words for what is another every time, and for nothing else', () => {
    const answer = { language: 'json', text: '' } as const;
    const seen = {
      at: '2026-01-31T10:00:00.123Z',
      id: '2026-01-31T10:00:00.123Z-0123456789ab',
      image: `r@sha256:${'0'.repeat(64)}`,
      state: 'done',
    };
    expect(shown(answer, JSON.stringify(seen))).toEqual({ at: '<time>', id: '<run>', image: 'r@sha256:<digest>', state: 'done' });
  });
});
