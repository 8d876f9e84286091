/** The action `plan` for a pull request from a fork: no cloud, no token that writes, and the catalog as data. */
import { afterEach, describe, expect, it } from 'vitest';
import { CatalogRepository, catalogFiles, entryFile, entryFiles, entryPath, type Files } from './catalog.ts';
import { type ActionResult, runAction } from './run.ts';

let repository: CatalogRepository | undefined;
afterEach(() => repository?.remove());

/** A pull request from a fork with these files, of a repository that has those. */
async function planFork(base: Files, head: Files, inputs: Readonly<Record<string, string>> = {}): Promise<ActionResult> {
  repository = new CatalogRepository(base);
  const baseSha = repository.head;
  repository.git('switch', '--quiet', '--create', 'change');
  const headSha = repository.commit('Change', head);
  return runAction('plan', {
    inputs: { path: '.', platform: 'north', 'pull-request': 7, base: baseSha, offline: 'auto', 'github-token': 'read-only', ...inputs },
    event: {
      name: 'pull_request',
      payload: {
        pull_request: {
          number: 7,
          head: { sha: headSha, repo: { full_name: 'mallory/catalog' } },
          base: { sha: baseSha, repo: { full_name: 'octo/catalog' } },
        },
      },
    },
    workspace: repository.root,
  });
}

describe('an offline plan', () => {
  it('is in the summary, marked so, and green', async () => {
    const { code, summary, outputs } = await planFork(catalogFiles(['seg', 'other', 'third']), {
      [entryPath('seg')]: entryFile('seg', { cpu: '2048', memory: '4096' }),
      ...entryFiles('fourth'),
    });
    expect(code).toBe(0);
    expect(summary).toContain('This plan was made **offline**');
    expect(summary).toContain('### north in eu-central-1: 1 to create, 1 to change, nothing destroyed');
    expect(summary).toContain('Merging this lets an apply destroy nothing.');
    expect(outputs).toMatchObject({ destructive: '0', comment: '' });
    expect(outputs.digest).toMatch(/^sha256:[0-9a-f]{64}$/);
  });

  it('counts what would be destroyed, and says what makes it dangerous', async () => {
    const { code, summary, outputs, annotations } = await planFork(catalogFiles(['seg', 'other']), {
      [entryPath('seg')]: null,
      [entryPath('other')]: null,
    });
    expect(code).toBe(0);
    expect(summary).toContain('2 to destroy');
    expect(summary).toContain('The catalog is empty.');
    expect(Number(outputs.destructive)).toBeGreaterThan(1);
    expect(annotations.map(({ level }) => level)).toContain('warning');
  });

  it('of a first catalog takes all of it for new', async () => {
    const { summary } = await planFork({ 'README.md': 'Nothing yet.' }, catalogFiles(['seg']));
    expect(summary).toContain('1 to create');
  });

  it('of a catalog with faults fails with a sentence that says where', async () => {
    const { code, log } = await planFork(catalogFiles(['seg']), { [entryPath('seg')]: entryFile('seg', { cpu: '300' }) });
    expect(code).toBe(1);
    expect(log).toMatch(/the catalog has faults:%0Acatalog\/algorithms\/seg\.yaml:6:6 error/);
  });

  it('runs nothing of the branch', async () => {
    const { code, summary } = await planFork(catalogFiles(['seg']), {
      '.gitattributes': '* filter=evil\n',
      'package.json': '{"scripts":{"preinstall":"touch /tmp/mip-was-here"}}',
      ...entryFiles('fourth'),
    });
    expect(code).toBe(0);
    expect(summary).toContain('1 to create');
  });

  it.each([
    ['a platform that is not there', { platform: 'south' }, /there is no platform south: catalog\/platforms has north/],
    ['a word that is none', { offline: 'perhaps' }, /the input offline is "perhaps"; it takes auto, true, false/],
    ['no base', { base: '' }, /an offline plan compares two catalogs: give the input base/],
  ])('with %s fails with a sentence', async (_, inputs, words) => {
    const { code, log } = await planFork(catalogFiles(['seg']), {}, inputs);
    expect(code).toBe(1);
    expect(log).toMatch(words);
    expect(log).not.toMatch(/^\s+at /m);
  });
});
