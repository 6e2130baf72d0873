import type { Clock } from "@qumo/shared/runtime";

/** What a request is sent with, and how far its answer is waited for. */
export interface FetchBounds {
  readonly fetch: typeof fetch;
  readonly clock: Pick<Clock, "after">;
  readonly timeoutMs: number;
  readonly maxBytes: number;
}

/** An answer that was read whole. */
export interface WholeAnswer {
  readonly status: number;
  readonly text: string;
}

/**
 * Sends a request and reads its answer whole. Rejects when the answer comes too late or is too long.
 * One that leads elsewhere is not followed: whoever can redirect must not decide who may come in.
 */
export async function boundedFetch(
  url: string,
  init: Omit<RequestInit, "signal" | "redirect">,
  { fetch, clock, timeoutMs, maxBytes }: FetchBounds,
): Promise<WholeAnswer> {
  const late = new AbortController();
  const timer = clock.after(timeoutMs, () => late.abort(new Error("no answer in time")));
  try {
    const answer = await fetch(url, { ...init, signal: late.signal, redirect: "manual" });
    return { status: answer.status, text: await boundedText(answer, maxBytes) };
  } finally {
    timer.cancel();
  }
}

async function boundedText(answer: Response, maxBytes: number): Promise<string> {
  let [text, size] = ["", 0];
  const decoder = new TextDecoder();
  for await (const chunk of answer.body ?? []) {
    size += chunk.length;
    if (size > maxBytes) throw new Error(`the answer has more than ${maxBytes} bytes`);
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
