/** A folder of programs that stand in for Docker, and for a Python that has what the judge needs. */
import { chmodSync, copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The Python of this repository. */
export const PYTHON = join(import.meta.dirname, '..', '..', '.venv', 'bin', 'python');

export class StandIn {
  /** To be first on the path. */
  readonly folder = mkdtempSync(join(tmpdir(), 'mip-bin-'));

  constructor() {
    copyFileSync(join(import.meta.dirname, 'stand-in-docker.mjs'), join(this.folder, 'docker'));
    chmodSync(join(this.folder, 'docker'), 0o755);
    writeFileSync(join(this.folder, 'python3'), `#!/bin/sh\nexec ${PYTHON} "$@"\n`, { mode: 0o755 });
  }

  /** @param fails a part of the command line that is to fail. */
  variables(fails = ''): Record<string, string> {
    return { STAND_IN_LOG: join(this.folder, 'log'), STAND_IN_PYTHON: PYTHON, STAND_IN_FAILS: fails };
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
