import { isLoopback, parseAddress, type RelayConfig } from "./config.ts";

/**
 * Whether pages of an origin may open sessions and read the certificate's hash; undefined is a
 * program.
 */
export type OriginPolicy = (origin: string | undefined) => boolean;

/** The policy of `server.allowed_origins` at `server.address`. */
export function originPolicy(
  server: Pick<RelayConfig["server"], "address" | "allowedOrigins">,
): OriginPolicy {
  const listed = new Set(server.allowedOrigins);
  const isAuto = listed.has("auto");
  // On a loopback address the relay serves this machine; pages of other sites that are viewed here
  // are not part of it.
  const onlyOwn = isAuto && isLoopback(parseAddress(server.address)!);
  const everyone = listed.has("*") || (isAuto && !onlyOwn);
  return (origin) =>
    // The policy protects a page's visitor, so it does not apply to programs.
    origin === undefined || everyone || listed.has(origin) || (onlyOwn && isOwnMachine(origin));
}

/** Whether an origin is on this machine: `http://localhost:8080`, `http://127.0.0.1`. */
function isOwnMachine(origin: string): boolean {
  const url = URL.parse(origin);
  if (url === null || !/^https?:$/.test(url.protocol)) return false;
  const { hostname } = url;
  if (hostname === "localhost" || hostname.endsWith(".localhost")) return true;
  return hostname === "[::1]" || /^127(\.\d+){3}$/.test(hostname);
}
