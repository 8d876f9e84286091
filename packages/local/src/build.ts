import { join } from 'node:path';
import type { Algorithm } from '@mip/catalog';
import { ExecaError, execa } from 'execa';

/**
 * Builds the kernels and an algorithm's own library with their Makefiles; what is up to date stays.
 * @throws {Error} with a sentence when there is no make, or with the compiler's words.
 */
export async function buildNative(root: string, algorithm: Pick<Algorithm, 'algorithm_type' | 'source'>): Promise<void> {
  if (algorithm.algorithm_type !== 'openmp' || !algorithm.source) return;
  await make(root, 'algorithms/kernels');
  await make(root, join(algorithm.source, 'src'));
}

async function make(root: string, folder: string): Promise<void> {
  try {
    await execa('make', ['--silent', '-C', folder], { cwd: root, all: true });
  } catch (error) {
    if (!(error instanceof ExecaError)) throw error;
    if (error.code === 'ENOENT') throw new Error('there is no make on the PATH: install it (Debian: apt-get install make gcc libc6-dev).');
    throw new Error(`${folder} does not compile:\n${error.all ?? error.shortMessage}`);
  }
}
