import { wholeNamespaceText } from "@qumo/shared/runtime";
import type { Namespace } from "@qumo/shared/wire";
import type { RelayConfig } from "./config.ts";
import type { ReplacementPolicy } from "./vocabulary/mod.ts";

/**
 * The configured replacement policy of a namespace: which publisher keeps a track when two differ.
 */
export function policyOf(
  { publishers, publishersByNamespace }: RelayConfig["relay"],
  namespace: Namespace,
): ReplacementPolicy {
  if (publishersByNamespace.size === 0) return publishers;
  for (let length = namespace.length; length > 0; length--) {
    const found = publishersByNamespace.get(wholeNamespaceText(namespace.slice(0, length)));
    if (found !== undefined) return found;
  }
  return publishers;
}
