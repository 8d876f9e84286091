import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { readAction, staleReadmes, tablesOf, withTables } from './action-readmes.ts';
import { actionNames } from './bundles.ts';

const root = join(import.meta.dirname, '..');

interface Step {
  readonly uses: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

/** The step of an action in the example of its README. */
function exampleStep(name: string): Step | undefined {
  const readme = readFileSync(join(root, 'actions', name, 'README.md'), 'utf8');
  const example = /```yaml\n(.*?)```/s.exec(readme)?.[1] ?? '';
  return (parse(example).steps as Step[]).find(({ uses }) => uses === `OWNER/mip/actions/${name}@COMMIT`);
}

describe('the READMEs of the actions', () => {
  it('are in step with action.yml', () => {
    expect(staleReadmes(root).map(({ path }) => path)).toEqual([]);
  });

  it.each(actionNames(root))('%s shows a step with inputs that there are, and all that it must have', (name) => {
    const { inputs = {} } = readAction(root, name);
    const given = Object.keys(exampleStep(name)?.with ?? {});
    const required = Object.keys(inputs).filter((input) => inputs[input]?.required);
    expect(exampleStep(name)).toBeDefined();
    expect(given.filter((input) => !(input in inputs))).toEqual([]);
    expect(required.filter((input) => !given.includes(input))).toEqual([]);
  });
});

describe('the tables', () => {
  const action = {
    name: 'a',
    description: '',
    inputs: {
      path: { description: 'Two\n lines, a | bar.', default: '.' },
      must: { description: 'Has to be.', required: true },
      may: { description: 'Can be.', default: '' },
    },
    outputs: { done: { description: 'Whether.' } },
  };
  const tables = [
    '| input | default | what it is |',
    '|---|---|---|',
    '| `path` | `.` | Two lines, a \\| bar. |',
    '| `must` | required | Has to be. |',
    '| `may` | none | Can be. |',
    '',
    '| output | what it is |',
    '|---|---|',
    '| `done` | Whether. |',
  ].join('\n');

  it('have a row for every input and output', () => {
    expect(tablesOf(action)).toBe(tables);
  });

  it('take the place of the former ones, and nothing else', () => {
    const readme = (inner: string) =>
      `# A\n\n<!-- from action.yml by tools/action-readmes.ts -->\n\n${inner}\n\n<!-- /from action.yml -->\n\nAfter.\n`;
    expect(withTables(readme('| old |'), action)).toBe(readme(tables));
    expect(withTables(readme(tables), action)).toBe(readme(tables));
  });

  it('need a place', () => {
    expect(() => withTables('# A\n', action)).toThrow('put the lines');
  });
});
