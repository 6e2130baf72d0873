import { isLoopbackHost } from "@qumo/shared/runtime";

/**
 * Who may read names of tracks and addresses of peers: programs on this machine, or everybody who can
 * reach the port.
 */
export type Details = "loopback" | "open";

/** A request, as far as it matters for who may read what. */
export interface Caller {
  /** The address that it came from. */
  readonly remote: string | undefined;
  readonly headers: Headers;
}

/**
 * Whether a caller may read names and addresses. A proxy on this machine speaks for others, and a page
 * that had its name point to this machine says that name as the host: neither counts as local.
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
