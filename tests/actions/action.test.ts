/** What surrounds every action, on one that is written here. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import { type ActionResult, runAction } from './run.ts';

const SHELL = pathToFileURL(join(import.meta.dirname, '../../actions/shared/action.ts')).href;
const folder = mkdtempSync(join(tmpdir(), 'mip-own-action-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function runWith(work: string): Promise<ActionResult> {
  writeFileSync(join(folder, 'main.ts'), `import { runAction } from '${SHELL}';\nrunAction(${work});\n`);
  return runAction('own', { inputs: {}, event: { name: 'push', payload: {} }, workspace: folder, action: join(folder, 'main.ts') });
}

it('an action whose work is never done fails: a process that ends with 0 is a success for GitHub', async () => {
  const { code, annotations } = await runWith('() => new Promise(() => undefined)');
  expect(code).toBe(1);
  expect(annotations.map(({ message }) => message)).toEqual(['the action stopped before its work was done; run it again']);
});

it('one that is done says nothing', async () => {
  expect(await runWith('async () => {}')).toMatchObject({ code: 0, annotations: [] });
});
