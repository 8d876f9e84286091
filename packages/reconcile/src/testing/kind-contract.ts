/** What every kind has to hold, as a suite: its diff table, the line it blames, and that a second apply writes nothing. */

import { describe, expect, it } from 'vitest';
import type { Algorithm } from '../algorithm.ts';
import type { FieldDiff } from '../change.ts';
import { KINDS } from '../kinds/index.ts';
import type { Kind, Wanted } from '../kinds/kind.ts';
import { plan } from '../reconcile.ts';
import { algorithm, EVERY_KIND, imported, input, platform, run, treeHash } from './fixtures.ts';
import { MemoryAws } from './memory-aws.ts';

/** One line of a diff table: what is changed in the catalog, and what that changes in the kind's first resource. */
export interface DiffRow {
  readonly what: string;
  readonly to: Partial<Algorithm>;
  readonly from?: Partial<Algorithm>;
  /** Of the source; 1 is what was applied before. */
  readonly edition?: number;
  /** The images of both come from elsewhere. */
  readonly imported?: boolean;
  /** In the order of their paths; [] = this kind does not care. */
  readonly fields: readonly FieldDiff[];
  /** The catalog field that is blamed; '' is the whole file. */
  readonly blames?: string;
}

export function describeKind(kind: Kind, rows: readonly DiffRow[]): void {
  describe(`${kind.name}, as a kind`, () => {
    it.each(rows)('$what', async ({ to, from = {}, edition = 1, imported: foreign = false, fields, blames = '' }) => {
      const entry = foreign ? imported : algorithm;
      const aws = new MemoryAws();
      const mutable = { platform: platform('mutable') };
      const before = { ...EVERY_KIND, ...from };
      await run(aws, input([entry('seg', before)], mutable));
      const after = input([entry('seg', { ...before, ...to })], { ...mutable, treeHashes: new Map([['seg', treeHash('seg', edition)]]) });
      const changes = (await plan(aws, after)).plan.changes.filter((change) => change.kind === kind.name);
      expect(changes.flatMap((change) => change.fields)).toEqual(fields);
      expect(changes.every(({ action }) => action === 'update')).toBe(true);
      expect(changes.map(({ cause }) => cause?.pointer)).toEqual(fields.length > 0 ? [blames] : []);
      await run(aws, after);
      await run(aws, after);
      expect(aws.world.writes).toEqual([]);
    });

    it('shows what it made just as it was wanted', async () => {
      const aws = new MemoryAws();
      const seg = algorithm('seg', EVERY_KIND);
      const wanted = input([seg]);
      await run(aws, wanted);
      const before: Wanted[] = [];
      for (const one of KINDS) before.push(...one.desire({ ...seg, treeHash: treeHash('seg') }, wanted.platform, before));
      const mine = new Map(before.filter((one) => one.kind === kind.name).map((one) => [one.name, one]));
      const observed = await kind.inspect(aws, wanted.platform, mine);
      const listed = await kind.list(aws, wanted.platform);
      expect(mine.size).toBeGreaterThan(0);
      for (const [name, { spec, specHash }] of mine) {
        expect(observed.get(name)).toEqual({ name, owner: 'mip', algorithm: 'seg', specHash, spec });
        expect(listed.get(name)).toMatchObject({ algorithm: 'seg', specHash });
      }
      expect([...listed.keys()].sort()).toEqual([...mine.keys()].sort());
    });

    it('leaves out what does not exist', async () => {
      const aws = new MemoryAws();
      expect((await kind.inspect(aws, platform(), new Map([['mip-nothing', undefined]]))).size).toBe(0);
      expect((await kind.list(aws, platform())).size).toBe(0);
    });
  });
}
