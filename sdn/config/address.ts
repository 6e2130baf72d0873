import { isIP } from "node:net";

/** Where to listen. */
export interface SocketAddress {
  readonly hostname: string;
  readonly port: number;
}

/** What an address looks like, for messages. */
export const ADDRESS_FORM = "an IP address and a port, like 0.0.0.0:8090 or [::1]:8090";

/** Reads an address; `:8090` is every IPv4 address of the machine. Undefined for everything else. */
export function parseAddress(text: string): SocketAddress | undefined {
  const [, host, digits] = /^(.*):(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  if (host === undefined || !(port <= 65_535)) return undefined;
  if (host === "") return { hostname: "0.0.0.0", port };
  if (host === "localhost") return { hostname: "127.0.0.1", port };
  if (isIP(host) === 4) return { hostname: host, port };
  const inner = /^\[(.+)\]$/.exec(host)?.[1] ?? "";
  return isIP(inner) === 6 ? { hostname: inner, port } : undefined;
}

/** An address as it is written in a URL. */
export function formatAddress({ hostname, port }: SocketAddress): string {
  return hostname.includes(":") ? `[${hostname}]:${port}` : `${hostname}:${port}`;
}

/** Whether only programs on this machine can reach it. */
export function isLoopback({ hostname }: SocketAddress): boolean {
  return hostname.startsWith("127.") || hostname === "::1";
}

/** The address to call when the controller listens on every one. */
export function reachable({ hostname, port }: SocketAddress): SocketAddress {
  if (hostname === "0.0.0.0") return { hostname: "127.0.0.1", port };
  return { hostname: hostname === "::" ? "::1" : hostname, port };
}
