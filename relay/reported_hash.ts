import type { Clock } from "@qumo/shared/runtime";

/** What asking a relay over HTTP for its certificate brought. */
export interface Reported {
  /** Whether anybody answers HTTP there. */
  readonly answers: boolean;
  /** SHA-256 of its certificate in hex. */
  readonly hash: string | undefined;
}

/**
 * The certificate hash that a relay reports over plain HTTP, to who has no other source for it. Never
 * rejects.
 */
export async function reportedHash(
  authority: string,
  clock: Clock,
  timeoutMs: number,
): Promise<Reported> {
  const late = new AbortController();
  const timer = clock.after(timeoutMs, () => late.abort());
  try {
    const url = `http://${authority}/certificate.sha256`;
    const response = await fetch(url, { signal: late.signal });
    const text = (await response.text()).trim();
    const isHash = response.ok && /^[0-9a-f]{64}$/.test(text);
    return { answers: true, hash: isHash ? text : undefined };
  } catch {
    return { answers: false, hash: undefined };
  } finally {
    timer.cancel();
  }
}
