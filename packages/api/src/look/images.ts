/** The PACSs of a platform by name, and a look at them that takes a bounded time and never fails a request. */
import { errorSummary } from '@mip/registry/failures';
import type { ImageSource, Look, Uids } from './look.ts';

/** The look is for the client's sake: the worker checks again, so it is given up early. */
const LOOK_MS = 300;

/** The names by which a request picks a PACS. */
export interface Images {
  /** Sorted; the platform's own store among them. */
  readonly names: readonly string[];
  /** What is meant where a request names none. */
  readonly defaultName: string;
  /** How long a look may take. */
  readonly lookMs: number;
  /** The most bytes that one image may have when it is decoded; no limit where it is left out. */
  readonly maxImageBytes?: number | undefined;
  look(name: string, uids: Uids, signal: AbortSignal): Promise<Look>;
}

type Options = Pick<Images, 'defaultName' | 'maxImageBytes'> & { readonly lookMs?: number | undefined };

export function imagesOf(sources: ReadonlyMap<string, ImageSource>, options: Options): Images {
  return {
    ...options,
    lookMs: options.lookMs ?? LOOK_MS,
    names: [...sources.keys()].sort(),
    async look(name, uids, signal) {
      const source = sources.get(name);
      return source ? source.look(uids, signal) : { kind: 'unknown', why: 'no such PACS' };
    },
  };
}

interface Log {
  warn(fields: object, message: string): void;
}

/** @param more ends the look earlier, when nobody needs it any more. */
export async function lookInTime(images: Images, name: string, uids: Uids, { log, more }: { log: Log; more: AbortSignal }): Promise<Look> {
  const signal = AbortSignal.any([AbortSignal.timeout(images.lookMs), more]);
  try {
    const look = await images.look(name, uids, signal);
    if (look.kind === 'unknown' && !more.aborted) log.warn({ pacs: name, why: look.why }, 'the PACS did not say what it has');
    return look;
  } catch (error) {
    const why = signal.aborted ? 'it took too long' : 'it cannot be asked';
    if (!more.aborted) log.warn({ pacs: name, why, error: errorSummary(error) }, 'the PACS did not say what it has');
    return { kind: 'unknown', why };
  }
}
