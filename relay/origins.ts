import { isLoopback, parseAddress, type RelayConfig } from "./config.ts";

/** Whether pages of an origin may open sessions and read the certificate's hash; programs have none. */
export type OriginPolicy = (origin: string | undefined) => boolean;

/** What `server.allowed_origins` means at `server.address`. */
export function originPolicy(
  server: Pick<RelayConfig["server"], "address" | "allowedOrigins">,
): OriginPolicy {
  const listed = new Set(server.allowedOrigins);
  const isAuto = listed.has("auto");
  // Who listens on the loopback address serves this machine, and a page from elsewhere that somebody
  // on this machine happens to look at is no part of it.
  const onlyOwn = isAuto && isLoopback(parseAddress(server.address)!);
  const everyone = listed.has("*") || (isAuto && !onlyOwn);
  return (origin) =>
    // What protects a page's visitor is of no use against programs.
    origin === undefined || everyone || listed.has(origin) || (onlyOwn && isOwnMachine(origin));
}

/** Whether an origin is one of this machine: `http://localhost:8080`, `http://127.0.0.1`. */
function isOwnMachine(origin: string): boolean {
  const url = URL.parse(origin);
  if (url === null || !/^https?:$/.test(url.protocol)) return false;
  const { hostname } = url;
  if (hostname === "localhost" || hostname.endsWith(".localhost")) return true;
  return hostname === "[::1]" || /^127(\.\d+){3}$/.test(hostname);
}
