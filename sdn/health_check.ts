import { type Clock, printable } from "@qumo/shared/runtime";

/** How long a controller may take to answer: the usual deadline of a container's health check. */
const TIMEOUT_MS = 3000;

/** Asks a controller whether it is ready. A URL without a path means its readiness probe. */
export async function askHealth(
  url: string,
  clock: Clock,
): Promise<{ readonly ready: boolean; readonly text: string }> {
  if (!URL.canParse(url)) return { ready: false, text: `${printable(url, 200)} is not a URL` };
  const target = new URL(url);
  if (target.pathname === "/") target.href += "health?probe=ready";
  const deadline = new AbortController();
  const timer = clock.after(TIMEOUT_MS, () => deadline.abort());
  try {
    const response = await fetch(target, { signal: deadline.signal });
    const body = printable((await response.text()).trim(), 500);
    return { ready: response.ok, text: `${response.status} ${body}` };
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return { ready: false, text: `no answer from ${target}: ${printable(text, 300)}` };
  } finally {
    timer.cancel();
  }
}
