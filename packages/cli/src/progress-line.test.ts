import { describe, expect, it } from 'vitest';
import { progressLine } from './progress-line.ts';

/** What is written and what is warned, for these steps of ten. */
function shown(terminal: boolean, steps: readonly number[]) {
  const said: string[] = [];
  const line = progressLine({ terminal, warn: (text) => said.push(`line ${text}`) }, (text) => said.push(text));
  for (const step of steps) line.show(`${step} of 20`, step, 20);
  line.end();
  line.end();
  return said;
}

describe('how far a command is', () => {
  it('is one line of a terminal, written over', () => {
    expect(shown(true, [1, 2, 20])).toEqual(['\r\x1b[K1 of 20', '\r\x1b[K2 of 20', '\r\x1b[K20 of 20', '\n']);
  });

  it('is elsewhere a line for each tenth', () => {
    expect(shown(false, [0, 1, 2, 3, 4, 11, 20])).toEqual(['line 2 of 20', 'line 4 of 20', 'line 11 of 20', 'line 20 of 20']);
  });

  it('begins anew where less is done than before', () => {
    expect(shown(false, [6, 7, 0, 5, 6])).toEqual(['line 6 of 20', 'line 5 of 20', 'line 6 of 20']);
  });

  it('is nothing where nothing is shown', () => {
    expect([shown(true, []), shown(false, [])]).toEqual([[], []]);
  });
});
