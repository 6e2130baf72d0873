import { suggest } from "@qumo/shared/runtime";
import { type MirrorView, parseRelayUrl } from "../control_plane/mod.ts";

/** Names of registered relays in the message about an unknown one. */
const MAX_NAMES = 5;

/**
 * Why a neighbor has no usable address, according to the controller; undefined while the mirror is
 * not up to date.
 */
export function whyUnknown(mirror: MirrorView, name: string): string | undefined {
  if (!mirror.isComplete || !mirror.isFollowed) return undefined;
  const relay = mirror.relay(name);
  if (relay !== undefined) {
    return parseRelayUrl(relay.address) === undefined
      ? "it registered no address that can be called"
      : "it registered no hash of its certificate";
  }
  const names = [...mirror.names()].sort();
  const meant = suggest(name, names);
  const known = meant === undefined
    ? names.length === 0 ? "none is" : `registered: ${names.slice(0, MAX_NAMES).join(", ")}`
    : `did you mean ${meant}?`;
  return `no relay of this name is registered (${known})`;
}
