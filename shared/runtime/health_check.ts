import { formatAddress, parseAddress, reachable } from "./address.ts";
import type { Clock } from "./clock.ts";
import { printable } from "./printable.ts";

/** How long a program may take to answer: the usual deadline of a container's health check. */
const TIMEOUT_MS = 3000;

/** What a program said of itself. */
export interface HealthReport {
  readonly ready: boolean;
  /** For a person. */
  readonly text: string;
}

/** Asks whether a program is ready. A URL without a path means its readiness probe. */
export async function askHealth(
  url: string,
  clock: Clock,
  ask: typeof fetch = fetch,
): Promise<HealthReport> {
  if (!URL.canParse(url) || !/^https?:/.test(url)) {
    return { ready: false, text: `${printable(url, 200)} is not an http URL` };
  }
  const target = new URL(url);
  if (target.pathname === "/" && target.search === "") target.href += "health?probe=ready";
  const deadline = new AbortController();
  const timer = clock.after(TIMEOUT_MS, () => deadline.abort());
  try {
    const response = await ask(target, { signal: deadline.signal });
    const body = printable((await response.text()).trim(), 500);
    return { ready: response.ok, text: `${response.status} ${body}` };
  } catch (error) {
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
    const late = deadline.signal.aborted;
    const reason = late ? `nothing in ${TIMEOUT_MS} ms` : String(cause);
    return { ready: false, text: `no answer from ${target}: ${printable(reason, 300)}` };
  } finally {
    timer.cancel();
  }
}

/** Where a program that listens at `address` answers whether it is ready. */
export function healthUrl(address: string, scheme: "http" | "https" = "http"): string {
  return `${scheme}://${formatAddress(reachable(parseAddress(address)!))}/health?probe=ready`;
}
