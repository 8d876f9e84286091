import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fixContracts } from './fix.ts';
import { checkCatalog } from './load.ts';
import { entryText, frozenText, Repository } from './testing/repository.ts';

let repository: Repository;
let base: Repository;
beforeEach(() => {
  repository = new Repository();
  base = new Repository();
});
afterEach(() => {
  repository.remove();
  base.remove();
});

const read = (file: string) => readFileSync(join(repository.root, file), 'utf8');
const file = (name: string, version = '1.0.0') => `catalog/releases/${name}/${version}.yaml`;

describe('the contracts that are written', () => {
  it('are those that are missing, and then there is nothing to complain about and nothing to write', async () => {
    repository.algorithm('alpha').algorithm('beta').release('beta').algorithm('gamma', entryText('gamma').replace('1.0.0', '2.0.0'));
    repository.release('gamma');
    expect(await fixContracts(repository.root)).toEqual([file('alpha'), file('gamma', '2.0.0')]);
    expect(read(file('alpha'))).toBe(frozenText('alpha'));
    expect((await checkCatalog(repository.root)).problems.filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(await fixContracts(repository.root)).toEqual([]);
  });

  it('are none of entries with faults', async () => {
    repository.algorithm('alpha', entryText('beta')).algorithm('delta', entryText('delta').replace('cpu: 256', 'cpu: 1'));
    expect(await fixContracts(repository.root)).toEqual([]);
  });

  it('are never those that differ, as nobody knows whether they are released', async () => {
    repository.algorithm('alpha').release('alpha', '1.0.0', 'old');
    expect(await fixContracts(repository.root)).toEqual([]);
    expect(read(file('alpha'))).toBe('old');
  });

  it('are those that differ where the base has none', async () => {
    repository.algorithm('alpha').release('alpha', '1.0.0', 'old').algorithm('beta').release('beta', '1.0.0', 'old');
    base.release('beta', '1.0.0', 'old');
    expect(await fixContracts(repository.root, { base })).toEqual([file('alpha')]);
    expect([read(file('alpha')), read(file('beta'))]).toEqual([frozenText('alpha'), 'old']);
  });

  it.each([['catalog/releases'], ['catalog/releases/alpha'], [file('alpha')]])('never lie outside, behind a link at %s', async (at) => {
    const outside = mkdtempSync(join(tmpdir(), 'mip-outside-'));
    repository.algorithm('alpha');
    mkdirSync(join(repository.root, at, '..'), { recursive: true });
    symlinkSync(at.endsWith('.yaml') ? join(outside, 'new.yaml') : outside, join(repository.root, at));
    const written = await fixContracts(repository.root, { base }).catch((error: Error) => error.message);
    const refusal = `${file('alpha')} leads out of the repository through a link; put the folder itself there`;
    expect(written).toEqual(at.endsWith('.yaml') ? [file('alpha')] : refusal);
    expect([
      existsSync(join(outside, 'new.yaml')),
      existsSync(join(outside, 'alpha/1.0.0.yaml')),
      existsSync(join(outside, '1.0.0.yaml')),
    ]).toEqual([false, false, false]);
    rmSync(outside, { recursive: true });
  });
});
