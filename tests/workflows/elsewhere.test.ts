/** The actions in a repository of somebody else: by name, and by the path of a checkout; nothing is installed. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { CatalogRepository, catalogFiles, entryFile, entryFiles, entryPath } from '../actions/catalog.ts';
import { runWorkflow } from './act.ts';
import { layOut } from './checkout.ts';

vi.setConfig({ testTimeout: 120_000 });

const COMMIT = '0123456789012345678901234567890123456789';
const job = (id: string, actions: string, ref = '') => `
  ${id}:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@${COMMIT}
      - uses: ${actions}/validate${ref}
        with: { base: main }
      - uses: ${actions}/plan${ref}
        with: { platform: north, base: main, offline: "true" }
`;
const WORKFLOW = `on: push\njobs:\n${job('by-name', 'somebody/mip/actions', `@${COMMIT}`)}${job('by-path', './mip/actions')}`;

const published = mkdtempSync(join(tmpdir(), 'mip-published-'));
const repository = new CatalogRepository({ ...catalogFiles(['seg', 'other']), '.github/workflows/theirs.yml': WORKFLOW });

beforeAll(async () => {
  await layOut(published);
  await layOut(join(repository.root, 'mip'));
  repository.git('switch', '--quiet', '--create', 'change');
  repository.commit('Change', { ...entryFiles('third'), [entryPath('seg')]: entryFile('seg', { cpu: '2048', memory: '4096' }) });
});
afterAll(() => {
  rmSync(published, { recursive: true, force: true });
  repository.remove();
});

it('find, read and plan its catalog', async () => {
  expect(existsSync(join(published, 'node_modules'))).toBe(false);
  const repositories = { [`somebody/mip@${COMMIT}`]: published };
  const run = await runWorkflow({ workspace: repository.root, workflow: 'theirs', event: 'push', repositories, token: 'read-only' });
  expect(run.code, run.log).toBe(0);
  expect(Object.keys(run.jobs).sort()).toEqual(['by-name', 'by-path']);
  for (const { outputs, summary } of Object.values(run.jobs)) {
    expect(outputs).toMatchObject({ '1.valid': 'true', '2.destructive': '0' });
    expect(summary).toContain('1 to create, 1 to change, nothing destroyed');
  }
});
