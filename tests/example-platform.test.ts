/** The example of a platform in AWS that the docs tell people to copy: it has no faults, and the CDK app takes it. */
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadCatalog, renderProblem } from '@mip/catalog';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { synthesisedApp } from '../infra/test/synthesised.ts';

const repository = join(import.meta.dirname, '..');
let root: string;

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'mip-example-'));
  for (const folder of ['catalog', 'algorithms', 'tests/oracles'])
    cpSync(join(repository, folder), join(root, folder), { recursive: true });
  mkdirSync(join(root, 'catalog/platforms'), { recursive: true });
  cpSync(join(repository, 'docs/example-platform.yaml'), join(root, 'catalog/platforms/clinic.yaml'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

it('has no faults beside the catalog of this repository, and makes a delivery stack and one platform', async () => {
  const { platforms, problems } = await loadCatalog(root);
  expect(problems.filter(({ severity }) => severity === 'error').map(renderProblem)).toEqual([]);
  const clinic = platforms.find(({ name }) => name === 'clinic');
  if (clinic === undefined) throw new Error('the example was not loaded');
  const { delivery, stacks, removed } = synthesisedApp(clinic, false);
  expect([delivery?.stackName, ...stacks.map(({ stackName }) => stackName)]).toEqual(['mip-clinic-delivery', 'mip-clinic']);
  expect(removed()).toEqual([]);
});

it('is not a platform of this repository', async () => {
  const { platforms } = await loadCatalog(repository);
  expect(platforms.map(({ name }) => name)).not.toContain('clinic');
});
