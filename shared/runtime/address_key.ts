/**
 * The key under which limits count a client: an IPv4 address, or the /64 prefix of an IPv6 address,
 * which a provider assigns to one network. Takes an address as Deno writes it.
 */
export function addressKey(hostname: string): string {
  const host = hostname.replace(/^::ffff:(?=\d+\.)/, "");
  if (!host.includes(":")) return host;
  return `${groupsOf(host).slice(0, 4).join(":")}::/64`;
}

/** The four or sixteen bytes of an IP address; undefined for a name. */
export function addressBytes(host: string): Uint8Array<ArrayBuffer> | undefined {
  if (/^\d+(\.\d+){3}$/.test(host)) return new Uint8Array(host.split(".").map(Number));
  if (!host.includes(":")) return undefined;
  // A URL has the one spelling of an address, whose last four bytes are never decimal.
  const { hostname } = new URL(`http://[${host}]`);
  const groups = groupsOf(hostname.slice(1, -1)).map((group) => parseInt(group, 16));
  return new Uint8Array(groups.flatMap((group) => [group >> 8, group & 0xff]));
}

/** The eight groups of an IPv6 address. */
function groupsOf(host: string): string[] {
  const [head = "", tail] = host.split("::");
  const before = head === "" ? [] : head.split(":");
  const after = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = new Array<string>(Math.max(0, 8 - before.length - after.length)).fill("0");
  return [...before, ...(tail === undefined ? [] : zeros), ...after];
}
