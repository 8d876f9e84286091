/** The `mip` commands of a page of the documentation. Pure. */

export interface PageCommand {
  /** As the page has it. */
  readonly line: string;
  /** What comes after `npx mip`, with the words in capitals replaced. */
  readonly args: readonly string[];
}

/** Of all blocks that are marked as a shell's, in their order. @param given for the words that a reader replaces */
export function commandsOf(page: string, given: Readonly<Record<string, string>> = {}): readonly PageCommand[] {
  const blocks = [...page.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block = '']) => block);
  return blocks
    .flatMap((block) => block.split('\n'))
    .filter((line) => line.startsWith('npx mip '))
    .map((line) => ({
      line,
      args: line
        .split(' ')
        .slice(2)
        .map((word) => given[word] ?? word),
    }));
}
