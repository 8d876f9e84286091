import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { synthesise } from '../deploy/synthesise.ts';
import { PLATFORM } from './synthesised.ts';

const root = join(import.meta.dirname, '../..');
const file = 'catalog/platforms/north.yaml';
let home: string;

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'mip-synthesise-'));
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

describe('the assembly of a platform', { timeout: 120_000 }, () => {
  test('holds a stack for each region, and says what goes first', async () => {
    const regions = ['eu-north-1', 'eu-west-1'];
    const { folder, ...printed } = await synthesise(root, home, {
      ...PLATFORM,
      file,
      regions,
      github: { repository: 'octo-org/catalog' },
    } as never);
    expect(printed).toEqual({
      delivery: 'rad-north-delivery',
      stacks: regions.map((region) => ({
        id: `rad-north-${region}`,
        name: 'rad-north',
        account: '123456789012',
        region,
        facts: '/rad/platform/facts',
      })),
      removed: [],
    });
    const templates = readdirSync(folder).filter((name) => name.endsWith('.template.json'));
    expect(templates.sort()).toEqual(
      ['rad-north-delivery', ...regions.map((region) => `rad-north-${region}`)].map((id) => `${id}.template.json`),
    );
  });

  test('replaces the one before, and one that fails leaves a sentence', async () => {
    const wrong = { ...PLATFORM, file, defaults: { log_retention_days: 31 } };
    await expect(synthesise(root, home, wrong)).rejects.toThrow(
      /^catalog\/platforms\/north\.yaml: the platform could not be synthesised: .*log_retention_days is 31: CloudWatch Logs keeps 1, 3, 5, [^\n]*$/,
    );
    expect(existsSync(join(home, 'cdk.out', 'rad-north-delivery.template.json'))).toBe(false);
  });
});
