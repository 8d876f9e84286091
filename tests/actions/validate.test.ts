/** The action `validate` as a process, on small catalogs. */
import { afterEach, describe, expect, it } from 'vitest';
import { CatalogRepository, catalogFiles, entryFile, entryFiles, entryPath, type Files } from './catalog.ts';
import { type ActionResult, runAction } from './run.ts';

let repository: CatalogRepository | undefined;
afterEach(() => repository?.remove());

async function validate(files: Files, inputs: Readonly<Record<string, string>> = {}): Promise<ActionResult> {
  repository = new CatalogRepository(files);
  return runAction('validate', {
    inputs: { path: '.', ...inputs },
    event: { name: 'push', payload: {} },
    workspace: repository.root,
  });
}

const broken = entryFiles('seg', { cpu: '300', memory: '4096' });

describe('a catalog without faults', () => {
  it('is valid, and the summary says what was looked at', async () => {
    const { code, outputs, summary, annotations } = await validate(catalogFiles(['seg', 'other']), { base: '' });
    expect({ code, outputs }).toMatchObject({ code: 0, outputs: { valid: 'true', errors: '0' } });
    expect(annotations.filter(({ level }) => level === 'error')).toEqual([]);
    expect(summary).toContain('### ✅ The catalog is valid');
    expect(summary).toContain('2 algorithms and 1 platform without fault');
  });
});

describe('a fault', () => {
  it('is annotated at its line, named in the summary, and fails the step', async () => {
    const { code, outputs, summary, annotations } = await validate({ ...catalogFiles(['other']), ...broken });
    expect({ code, outputs }).toMatchObject({ code: 1, outputs: { valid: 'false', errors: '1' } });
    const [fault] = annotations.filter(({ file }) => file === entryPath('seg'));
    expect(fault).toMatchObject({ level: 'error', line: 6, column: 6, title: 'schema /cpu' });
    expect(summary).toContain('### ❌ The catalog has 1 fault');
    expect(summary).toContain('catalog/algorithms/seg.yaml:6:6');
  });

  it('beyond ten has no annotation of its own, but a row in the summary', async () => {
    const names = [
      'alpha',
      'bravo',
      'charlie',
      'delta',
      'echo',
      'foxtrot',
      'golf',
      'hotel',
      'india',
      'juliett',
      'kilo',
      'lima',
      'mike',
      'november',
    ];
    const many = Object.fromEntries(names.flatMap((name) => Object.entries(entryFiles(name, { cpu: '300' }))));
    const { annotations, summary, outputs } = await validate({ ...catalogFiles([]), ...many });
    const shown = annotations.filter(({ file }) => file?.startsWith('catalog/algorithms/'));
    expect(Number(outputs.errors)).toBe(14);
    expect(shown.filter(({ level }) => level === 'error')).toHaveLength(10);
    expect([...summary.matchAll(/❌ \| <code>catalog/g)]).toHaveLength(14);
    expect(summary).toMatch(/of these are in this table only/);
  });

  it('that tries to be a command or a table of its own is neither', async () => {
    const hostile = '"::set-output name=valid::true | <b>x</b> ##[error]x"';
    const { log, summary, outputs } = await validate({
      ...catalogFiles(['other']),
      [entryPath('seg')]: entryFile('seg', { status: hostile }),
    });
    expect(outputs.valid).toBe('false');
    expect(log).not.toMatch(/^\s*::set-output/m);
    expect(log).not.toContain('##[error]');
    expect(summary).not.toContain('<b>');
  });

  it('in YAML that is none says where', async () => {
    const { annotations, code } = await validate({ ...catalogFiles(['other']), [entryPath('seg')]: 'name: seg\n\tversion: 1.0.0\n' });
    expect(code).toBe(1);
    expect(annotations).toContainEqual(expect.objectContaining({ level: 'error', file: entryPath('seg'), line: 2 }));
  });
});

describe('what cannot be checked', () => {
  it.each([
    ['a folder outside the workspace', { path: '../..' }, /leads out of the workspace/],
    ['a base that Git does not know', { base: 'no-such-branch' }, /Git knows no commit "no-such-branch"/],
  ])('%s fails with a sentence and without a stack trace', async (_, inputs, words) => {
    const { code, log, summary } = await validate(catalogFiles(['seg']), inputs);
    expect(code).toBe(1);
    expect(log).toMatch(words);
    expect(summary).toContain('### ❌ This step failed');
    expect(log).not.toMatch(/^\s+at /m);
  });
});
