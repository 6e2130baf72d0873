import type { RelayConfig } from "./config.ts";

/** The name of a relay without a controller: others know it where it has keys of the mesh. */
export function nameWithoutController(
  { relay: { nodeId }, mesh: { keyFile, trustedKeys } }: RelayConfig,
): string {
  if (keyFile !== "" || trustedKeys.length > 0) return nodeId;
  return `${nodeId || "relay"}-${crypto.randomUUID().slice(0, 8)}`;
}

/** An id that no other relay has, above 0, and below 2^53 for peers in JavaScript. */
export function randomHop(): bigint {
  const [random] = crypto.getRandomValues(new BigUint64Array(1));
  return (random! >> 12n) + 1n;
}
