import { formatAddress, isLoopback, parseAddress, reachable } from "./address.ts";
import type { Clock } from "./clock.ts";
import { printable } from "./printable.ts";

/** How long a program may take to answer: the usual deadline of a container's health check. */
const TIMEOUT_MS = 3000;

/** The result of a health check. */
export interface HealthReport {
  readonly ready: boolean;
  /** For people. */
  readonly text: string;
}

/** Sends a request over HTTP or TLS. */
export type Ask = (url: URL, init: { readonly signal: AbortSignal }) => Promise<Response>;

/**
 * Asks a program whether it is ready. A URL without a path means the readiness probe; an address
 * without a scheme is tried over HTTP, and over TLS if the program does not speak HTTP.
 */
export async function askHealth(
  target: string,
  clock: Clock,
  ask: Ask = askAny,
): Promise<HealthReport> {
  // Accept a URL copied from a browser or from the relay's output.
  const address = target.replace(/^moqt:\/\//, "").replace(/\/$/, "");
  if (parseAddress(address) !== undefined) {
    const plain = await askUrl(new URL(healthUrl(address)), clock, ask);
    if (plain.ready || /^\d/.test(plain.text)) return plain;
    const secure = await askUrl(new URL(healthUrl(address, "https")), clock, ask);
    return /^\d/.test(secure.text) ? secure : plain;
  }
  if (!URL.canParse(target) || !/^https?:/.test(target)) {
    const text = `${printable(target, 200)} is no address with a port and no http URL: ` +
      "write 127.0.0.1:4433 or http://127.0.0.1:4433/health, say";
    return { ready: false, text };
  }
  const url = new URL(target);
  if (url.pathname === "/" && url.search === "") url.href += "health?probe=ready";
  return await askUrl(url, clock, ask);
}

async function askUrl(target: URL, clock: Clock, ask: Ask): Promise<HealthReport> {
  const deadline = new AbortController();
  const timer = clock.after(TIMEOUT_MS, () => deadline.abort());
  try {
    const response = await ask(target, { signal: deadline.signal });
    const body = printable((await response.text()).trim(), 500);
    return { ready: response.ok, text: `${response.status} ${body}` };
  } catch (error) {
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
    const late = deadline.signal.aborted;
    const reason = late
      ? `nothing in ${TIMEOUT_MS} ms`
      : String(cause).replace(/error sending request for url \([^)]*\): /, "");
    const text = `no answer from ${target.origin}${target.pathname}: ${printable(reason, 300)}`;
    return { ready: false, text };
  } finally {
    timer.cancel();
  }
}

/** Asks a program on this machine without verifying its certificate. */
export const askOwn: Ask = async (url, { signal }) => {
  if (url.protocol !== "https:") return await fetch(url, { signal });
  // Loaded where it is needed: a program that serves asks nobody.
  const { ownAnswer } = await import("./own_answer.ts");
  return await ownAnswer(url, signal);
};

const askAny: Ask = (url, { signal }) => {
  const address = parseAddress(`${url.hostname}:${url.port || 443}`);
  const isOwn = address !== undefined && isLoopback(address);
  return isOwn ? askOwn(url, { signal }) : fetch(url, { signal });
};

/** The readiness URL of a program that listens at `address`. */
export function healthUrl(address: string, scheme: "http" | "https" = "http"): string {
  return `${scheme}://${formatAddress(reachable(parseAddress(address)!))}/health?probe=ready`;
}
