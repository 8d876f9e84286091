/** What a user reads of an error: one sentence, never a stack trace. */
export function sentenceOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (isDiskFull(error)) return fullDisk(error);
  const refused = [error, error.cause].some((one) => (one as NodeJS.ErrnoException | undefined)?.code === 'ECONNREFUSED');
  if (refused && !error.message.includes('npm start')) {
    return "nothing answers at the platform's address: is it running? The local cloud starts with `npm start`.";
  }
  return error.message || error.name;
}

/** Also where a child process said so. */
function isDiskFull({ code, message }: NodeJS.ErrnoException): boolean {
  return code === 'ENOSPC' || /\bENOSPC: no space left on device\b/.test(message);
}

/** Node names the file only of some calls. */
function fullDisk({ path }: NodeJS.ErrnoException): string {
  return `the disk is full${path ? `: ${path} could not be written` : ''}. Make room and start again; MIP_HOME puts the local cloud's state on another disk.`;
}
