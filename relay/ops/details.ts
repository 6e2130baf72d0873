import { isLoopbackHost } from "@qumo/shared/runtime";

/**
 * Who may read names of tracks and addresses of peers: programs on this machine, or anyone who can
 * reach the port.
 */
export type Details = "loopback" | "open";

/** The part of a request that decides what it may read. */
export interface Caller {
  /** The address that it came from. */
  readonly remote: string | undefined;
  readonly headers: Headers;
}

/**
 * Whether a caller may read names and addresses. Two kinds of local requests do not count as local:
 * those that a proxy forwards, and those with another host name than this machine's, which a page
 * may use by DNS rebinding.
 */
export function mayReadDetails({ remote, headers }: Caller, details: Details): boolean {
  if (details === "open") return true;
  if (remote === undefined || !isLoopbackHost(remote)) return false;
  if (headers.has("Forwarded") || headers.has("X-Forwarded-For")) return false;
  const host = headers.get("Host");
  return host === null || isLoopbackHost(hostnameOf(host));
}

function hostnameOf(host: string): string {
  return host.replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1");
}
