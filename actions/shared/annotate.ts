/** Annotations at the lines of files. GitHub shows ten of each level for a step; what is more belongs into the summary. */
import { type AnnotationProperties, error, notice, warning } from '@actions/core';
import type { Annotation } from '@mip/reconcile';

const SHOWN_OF_EACH_LEVEL = 10;

const WRITERS: Readonly<Record<Annotation['level'], (message: string, properties: AnnotationProperties) => void>> = {
  error,
  warning,
  notice,
};

/** Writes the first ten of each level. @returns how many are left out. */
export function annotate(annotations: readonly Annotation[]): number {
  const written = Object.keys(WRITERS).flatMap((level) => annotations.filter((one) => one.level === level).slice(0, SHOWN_OF_EACH_LEVEL));
  for (const { level, file, line, column, title, message } of written)
    WRITERS[level](message, { file, startLine: line, title, ...(column !== undefined && { startColumn: column }) });
  return annotations.length - written.length;
}
