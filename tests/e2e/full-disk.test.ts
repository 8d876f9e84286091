/** A full disk ends in a sentence, and leaves nothing behind that runs. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import getPort from 'get-port';
import { afterAll, describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..', '..');
const disk = mkdtempSync(join(tmpdir(), 'mip-disk-'));
const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=600k', 'tmpfs', disk]).status === 0;

afterAll(() => {
  if (mounted) execFileSync('umount', [disk]);
  rmSync(disk, { recursive: true, force: true });
});

/** Leaves no whole page. */
function fill(): void {
  for (const size of [1 << 16, 1 << 12]) {
    try {
      for (;;) writeFileSync(join(disk, 'filler'), Buffer.alloc(size), { flag: 'a' });
    } catch (error) {
      expect((error as NodeJS.ErrnoException).code).toBe('ENOSPC');
    }
  }
}

/** Command lines of processes that have the folder in their environment. */
function processesOf(folder: string): readonly string[] {
  const lines = execFileSync('ps', ['-eo', 'pid=,args='], { encoding: 'utf8' }).split('\n');
  return lines.filter((line) => {
    try {
      return readFileSync(`/proc/${line.trim().split(' ')[0]}/environ`, 'utf8').includes(folder);
    } catch {
      return false; // it has ended meanwhile
    }
  });
}

describe('a full disk', () => {
  it.skipIf(!mounted)(
    'ends `mip up` in a sentence (needs root, to mount a small disk)',
    async () => {
      fill();
      const home = join(disk, 'home');
      const port = String(await getPort({ host: '127.0.0.1' }));
      const environment = { ...process.env, MIP_HOME: home, MIP_PORT: port };
      const done = spawnSync(process.execPath, [join(root, 'packages/cli/src/main.ts'), 'up', '--exit'], {
        encoding: 'utf8',
        env: environment,
        timeout: 60_000,
      });
      expect(done.stderr).toMatch(
        /^mip: the disk is full.*Make room and start again; MIP_HOME puts the local cloud's state on another disk\.\n$/,
      );
      expect(done.status).toBe(1);
      expect(processesOf(home)).toEqual([]);
    },
    90_000,
  );
});
