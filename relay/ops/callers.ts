import { basicPassword, bearerToken, findToken, type HashedToken } from "@qumo/shared/http";
import { isLoopbackHost } from "@qumo/shared/runtime";

/**
 * Who may read names of tracks and addresses of peers: programs on this machine, or anyone who can
 * reach the port.
 */
export type Details = "loopback" | "open";

/** What other machines may read. */
export interface OpsAccess {
  readonly details: Details;
  /** If there are any, other machines need one of them. */
  readonly tokens: readonly HashedToken[];
}

/** The part of a request that decides what it may read. */
export interface Caller {
  /** The address that it came from. */
  readonly remote: string | undefined;
  readonly headers: Headers;
}

/** What a caller may read beside what is public. */
export type Reach =
  /** Nothing. */
  | "public"
  /** All but names of tracks and addresses of peers. */
  | "sums"
  | "everything";

/** What a caller may read. */
export function reachOf(caller: Caller, { details, tokens }: OpsAccess): Reach {
  if (isLocal(caller)) return "everything";
  if (tokens.length === 0) return details === "open" ? "everything" : "sums";
  const header = caller.headers.get("Authorization");
  const token = bearerToken(header) ?? basicPassword(header);
  return token !== undefined && findToken(token, tokens) !== undefined ? "everything" : "public";
}

/**
 * Whether a program on this machine asks for itself. Two kinds of local requests do not count as
 * local: those that a proxy forwards, and those with another host name than this machine's, which a
 * page may use by DNS rebinding.
 */
function isLocal({ remote, headers }: Caller): boolean {
  if (remote === undefined || !isLoopbackHost(remote)) return false;
  if (headers.has("Forwarded") || headers.has("X-Forwarded-For")) return false;
  const host = headers.get("Host");
  return host === null || isLoopbackHost(hostnameOf(host));
}

function hostnameOf(host: string): string {
  return host.replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1");
}
