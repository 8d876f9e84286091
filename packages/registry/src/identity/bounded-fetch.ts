const MOST_BYTES = 512 * 1024;

/** A fetch that follows no redirect and reads so much of an answer and no more. */
export async function boundedFetch(url: string, options: RequestInit): Promise<Response> {
  const answer = await fetch(url, { ...options, redirect: 'manual' });
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of answer.body ?? []) {
    size += chunk.length;
    if (size > MOST_BYTES) throw new Error('the answer is too large'); // which also ends the connection
    chunks.push(chunk);
  }
  return new Response(size > 0 ? Buffer.concat(chunks) : null, { status: answer.status });
}
