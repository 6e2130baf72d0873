import { type Refusal, refusal } from "@qumo/shared/topology";
import type { Match } from "./command.ts";
import type { RelayEntry } from "./relay_entry.ts";

/** How much one registry takes in. */
export interface Capacity {
  readonly maxRelays: number;
  readonly maxAnnounces: number;
  readonly maxAnnouncesPerRelay: number;
}

/** Says why a compare-and-set does not hold, or `undefined` when it does. */
export function mismatch(entry: RelayEntry | undefined, match?: Match): Refusal | undefined {
  if (match === undefined || entry !== undefined && match === "any") return undefined;
  if (entry !== undefined && entry.modified === match) return undefined;
  const state = entry === undefined ? "does not live" : `changed at ${entry.modified}`;
  return refusal("precondition_failed", `The relay ${state}`);
}

/** Says why a relay with so many announces does not fit beside the others, if it does not. */
export function crowding(
  capacity: Capacity,
  { others, own }: { others: { relays: number; announces: number }; own: number },
): Refusal | undefined {
  const { maxRelays, maxAnnounces, maxAnnouncesPerRelay } = capacity;
  if (others.relays >= maxRelays) {
    return refusal("limit_reached", `There are ${maxRelays} relays already`);
  }
  if (own > maxAnnouncesPerRelay) {
    return refusal("limit_reached", `A relay may announce ${maxAnnouncesPerRelay} tracks`);
  }
  if (others.announces + own > maxAnnounces) {
    return refusal("limit_reached", `All relays together may announce ${maxAnnounces} tracks`);
  }
  return undefined;
}
