/** The job summary: what people read of a step. GitHub takes 1 MiB of it. */
import { summary } from '@actions/core';

const LONGEST_SUMMARY = 1_000_000;

/** Adds Markdown to the step's summary; too much of it is cut at a line, with a word about it. */
export async function summarise(markdown: string): Promise<void> {
  await summary.addRaw(shortened(markdown), true).write();
}

function shortened(markdown: string): string {
  if (Buffer.byteLength(markdown) <= LONGEST_SUMMARY) return markdown;
  const cut = Buffer.from(markdown).subarray(0, LONGEST_SUMMARY).toString();
  return `${cut.slice(0, cut.lastIndexOf('\n'))}\n\n_The rest is left out: GitHub takes no longer summary._`;
}
