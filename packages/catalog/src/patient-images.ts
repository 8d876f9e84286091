/** No patient's image gets into Git: every DICOM file that Git keeps, whatever its name, says that it has no identity, or is known to be public. */
import { createHash } from 'node:crypto';
import { closeSync, constants, openSync, readSync } from 'node:fs';
import { checkPublicImages } from './check.ts';
import { contentOf, PREAMBLE, saysIdentityRemoved } from './dicom-identity.ts';
import { git } from './git.ts';
import { type Problem, sortProblems } from './problem.ts';
import { isThere, readDocument } from './read.ts';
import { treeFiles } from './tree-hash.ts';

/** The list of known public images; there need not be one. */
export const PUBLIC_IMAGES = 'catalog/public-images.yaml';

/** The identity comes long before the pixels; a dataset that has not told it by then has to be listed. */
const HEADER_BYTES = 2 ** 20;

/** @param root the repository's folder */
export async function findPatientImages(root: string): Promise<readonly Problem[]> {
  const { known, problems } = publicImages(root);
  const found = (await keptFiles(root)).flatMap((path) => {
    const suspect = look(root, path);
    return suspect && !known.has(suspect.digest()) ? refusal(path, suspect.what) : [];
  });
  return sortProblems([...problems, ...found]);
}

const ADVICE = `take it out of the repository and of its history, or list a known public image by its SHA-256 in ${PUBLIC_IMAGES}`;

function refusal(file: string, what: string): Problem {
  return { file, line: 1, column: 1, pointer: '', severity: 'error', rule: 'patient-image', message: `${what}; ${ADVICE}` };
}

function publicImages(root: string): { readonly known: ReadonlySet<string>; readonly problems: readonly Problem[] } {
  if (!isThere(root, PUBLIC_IMAGES)) return { known: new Set(), problems: [] };
  const { item, problems } = checkPublicImages(readDocument(root, PUBLIC_IMAGES));
  return { known: new Set(problems.length ? [] : item.images.map(({ sha256 }) => sha256)), problems };
}

/** What is committed, and what the next `git add` would take; without Git, what its rules do not leave out. */
async function keptFiles(root: string): Promise<readonly string[]> {
  const listed = await git(root, ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '--deduplicate']);
  if (!listed.failed) return listed.stdout.split('\0').filter(Boolean);
  return (await treeFiles(root, [''])).filter(({ mode }) => mode !== '120000').map(({ path }) => path);
}

/** A file that may be a patient's image. */
interface Suspect {
  readonly what: string;
  /** The SHA-256 by which it may be known. */
  readonly digest: () => string;
}

/** Looks at the beginning of a file, and further only where that is DICOM. Nothing for what is harmless. */
function look(root: string, path: string): Suspect | undefined {
  const file = open(`${root}/${path}`);
  if (file === undefined) return undefined;
  try {
    const content = contentOf(BUFFER.subarray(0, readSync(file, BUFFER, 0, PREAMBLE, 0)), path);
    if (content === 'other') return undefined;
    if (content !== 'dicom') return { what: IN_LFS, digest: () => content.pointer };
    if (saysIdentityRemoved(BUFFER.subarray(0, readSync(file, BUFFER, 0, HEADER_BYTES, 0)))) return undefined;
    return { what: IDENTIFIED, digest: () => digestOf(`${root}/${path}`) };
  } catch {
    return undefined; // A folder, or a file that cannot be read: Git cannot take it either.
  } finally {
    closeSync(file);
  }
}

const IDENTIFIED = 'is a DICOM file that does not say that its patient is unknown, by PatientIdentityRemoved YES and a method';
const IN_LFS = 'is called a DICOM file and lies in Git LFS, so that nobody can see here whether it shows a patient';

const BUFFER = Buffer.alloc(HEADER_BYTES);

/** Nothing for what Git keeps no content of: a link, or what is no longer there. A pipe blocks nobody. */
function open(path: string): number | undefined {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
  } catch {
    return undefined;
  }
}

function digestOf(path: string): string {
  const hash = createHash('sha256');
  const file = openSync(path, constants.O_RDONLY);
  try {
    for (let size = -1; size !== 0; ) {
      size = readSync(file, BUFFER, 0, BUFFER.length, null);
      hash.update(BUFFER.subarray(0, size));
    }
  } finally {
    closeSync(file);
  }
  return hash.digest('hex');
}
