/** What a user reads of an error: one sentence, never a stack trace. */
export function sentenceOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const refused = [error, error.cause].some((one) => (one as NodeJS.ErrnoException | undefined)?.code === 'ECONNREFUSED');
  if (refused && !error.message.includes('npm start')) {
    return "nothing answers at the platform's address: is it running? The local cloud starts with `npm start`.";
  }
  return error.message || error.name;
}
