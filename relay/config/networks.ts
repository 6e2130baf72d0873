import { isLoopback } from "@qumo/shared/runtime";
import { BlockList, isIP, isIPv6 } from "node:net";

/** The word for every address that only this machine has. */
export const LOOPBACK = "loopback";

/** An IP network. */
interface Network {
  readonly address: string;
  readonly family: "ipv4" | "ipv6";
  /** Leading bits that count. */
  readonly bits: number;
}

/** Whether an IP address is in one of these networks, which must be good. */
export function networksHave(networks: readonly string[]): (host: string) => boolean {
  const hasLoopback = networks.includes(LOOPBACK);
  const list = new BlockList();
  for (const text of networks) {
    if (text === LOOPBACK) continue;
    const { address, bits, family } = parseNetwork(text)!;
    list.addSubnet(address, bits, family);
  }
  return (host) =>
    hasLoopback && isLoopback({ hostname: host, port: 0 }) ||
    list.check(host, isIPv6(host) ? "ipv6" : "ipv4");
}

/** Reads an address or a network, `10.0.0.0/8`; undefined when it is neither. */
export function parseNetwork(text: string): Network | undefined {
  const [address = "", prefix, ...more] = text.split("/");
  if (isIP(address) === 0 || more.length > 0) return undefined;
  const family = isIPv6(address) ? "ipv6" : "ipv4";
  const longest = family === "ipv6" ? 128 : 32;
  if (prefix === undefined) return { address, family, bits: longest };
  const bits = /^\d{1,3}$/.test(prefix) ? Number(prefix) : longest + 1;
  return bits <= longest ? { address, family, bits } : undefined;
}
