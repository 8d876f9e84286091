/** Whether a platform's API answers, and whether what is behind it does. */
import { apiCalls } from '@mip/api/client';
import type { Check } from '@mip/reconcile/health';
import { sentenceOf } from './sentence.ts';

/** A Lambda that starts cold behind a slow line. */
const PATIENCE_MS = 15_000;

/** @param url the API's base address */
export async function apiChecks(url: string): Promise<readonly Check[]> {
  const calls = apiCalls(url);
  const signal = AbortSignal.timeout(PATIENCE_MS);
  const [alive, ready] = await Promise.all([
    answerOf(() => calls.GET('/health', { signal })),
    answerOf(() => calls.GET('/health/ready', { signal })),
  ]);
  const parts = (ready.body as { parts?: Readonly<Record<string, string>> } | undefined)?.parts;
  const words = Object.entries(parts ?? {}).map(([part, state]) => `${part} ${state}`);
  return [
    { check: 'API', verdict: alive.status === 200 ? 'ok' : 'failed', detail: alive.fault ?? `${url} answers with ${alive.status}` },
    {
      check: 'API, ready',
      verdict: ready.status === 200 ? 'ok' : 'failed',
      detail: ready.fault ?? (words.join(', ') || `answers with ${ready.status}`),
    },
  ];
}

interface Answer {
  readonly status?: number;
  readonly body?: unknown;
  /** Why there is no answer. */
  readonly fault?: string;
}

async function answerOf(call: () => Promise<{ data?: unknown; error?: unknown; response: Response }>): Promise<Answer> {
  try {
    const { data, error, response } = await call();
    return { status: response.status, body: data ?? error };
  } catch (fault) {
    return { fault: sentenceOf(fault) };
  }
}
