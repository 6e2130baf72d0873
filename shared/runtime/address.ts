/** Where to listen. */
export interface SocketAddress {
  readonly hostname: string;
  readonly port: number;
}

/** What an address looks like, for messages; `port` is the program's own. */
export function addressForm(port: number): string {
  return `an IP address and a port, like 0.0.0.0:${port} or [::1]:${port}`;
}

/**
 * Reads `127.0.0.1:4433`, `[::1]:4433`, `localhost:4433` and `:4433`, which is every IPv4 address of
 * the machine. Undefined for everything else: a name may mean several addresses, or another machine.
 */
export function parseAddress(text: string): SocketAddress | undefined {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([0-9.]*|localhost)):(\d{1,5})$/.exec(text);
  if (match === null) return undefined;
  const [, v6, v4, digits] = match;
  const port = Number(digits);
  if (port > 65_535) return undefined;
  if (v6 !== undefined) return isIpv6(v6) ? { hostname: v6, port } : undefined;
  if (v4 === "") return { hostname: "0.0.0.0", port };
  if (v4 === "localhost") return { hostname: "127.0.0.1", port };
  return isIpv4(v4!) ? { hostname: v4!, port } : undefined;
}

/** Formats an address as in a URL: `127.0.0.1:4433`, `[::1]:4433`. */
export function formatAddress({ hostname, port }: SocketAddress): string {
  return hostname.includes(":") ? `[${hostname}]:${port}` : `${hostname}:${port}`;
}

/** Whether only programs on this machine can reach the address. */
export function isLoopback({ hostname }: SocketAddress): boolean {
  return hostname.startsWith("127.") || /^(0*:)*:?0*1$/.test(hostname) ||
    hostname.toLowerCase().startsWith("::ffff:127.");
}

/** Whether a host, by name or address, is this machine. */
export function isLoopbackHost(host: string): boolean {
  if (/^localhost$/i.test(host)) return true;
  return (isIpv4(host) || host.includes(":")) && isLoopback({ hostname: host, port: 0 });
}

/** The address to call when a program listens on every one. */
export function reachable(address: SocketAddress): SocketAddress {
  if (address.hostname === "0.0.0.0") return { hostname: "127.0.0.1", port: address.port };
  if (/^[0:]+$/.test(address.hostname)) return { hostname: "::1", port: address.port };
  return address;
}

function isIpv4(host: string): boolean {
  const parts = host.split(".");
  return parts.length === 4 &&
    parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255);
}

// A URL takes exactly the IPv6 addresses between brackets.
function isIpv6(host: string): boolean {
  return URL.canParse(`http://[${host}]`);
}
