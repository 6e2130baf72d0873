/** The host of an address as connections have it, `192.0.2.7:4433` or `[2001:db8::7]:4433`. */
export function hostOf(remoteAddress: string): string {
  return remoteAddress.replace(/:\d+$/, "").replace(/^\[|\]$/g, "");
}

/**
 * What counts as one address of clients: an IPv4 address, or the first half of an IPv6 address, all of
 * which belongs to one network at a provider. Takes an address as Deno writes it.
 */
export function addressKey(hostname: string): string {
  const host = hostname.replace(/^::ffff:(?=\d+\.)/, "");
  if (!host.includes(":")) return host;
  const [head = "", tail] = host.split("::");
  const before = head === "" ? [] : head.split(":");
  const after = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = new Array<string>(Math.max(0, 8 - before.length - after.length)).fill("0");
  const groups = [...before, ...(tail === undefined ? [] : zeros), ...after];
  return `${groups.slice(0, 4).join(":")}::/64`;
}
