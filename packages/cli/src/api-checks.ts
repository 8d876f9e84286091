/** Whether a platform's API answers, and whether what is behind it does. */
import type { Check } from '@mip/reconcile/health';
import { sentenceOf } from './sentence.ts';

/** A Lambda that starts cold behind a slow line. */
const PATIENCE_MS = 15_000;

/** @param url the API's base address */
export async function apiChecks(url: string): Promise<readonly Check[]> {
  const [alive, ready] = await Promise.all([answerOf(url, '/health'), answerOf(url, '/health/ready')]);
  const parts = Object.entries((ready.body as { parts?: Record<string, string> } | undefined)?.parts ?? {});
  const words = parts.map(([part, state]) => `${part} ${state}`).join(', ');
  return [
    { check: 'API', verdict: alive.status === 200 ? 'ok' : 'failed', detail: alive.fault ?? `${url} answers with ${alive.status}` },
    {
      check: 'API, ready',
      verdict: ready.status === 200 ? 'ok' : 'failed',
      detail: ready.fault ?? (words || `answers with ${ready.status}`),
    },
  ];
}

interface Answer {
  readonly status?: number;
  readonly body?: unknown;
  readonly fault?: string;
}

async function answerOf(url: string, path: string): Promise<Answer> {
  try {
    const answer = await fetch(url.replace(/\/$/, '') + path, { signal: AbortSignal.timeout(PATIENCE_MS) });
    return { status: answer.status, body: await answer.json().catch(() => undefined) };
  } catch (error) {
    return { fault: sentenceOf(error) };
  }
}
