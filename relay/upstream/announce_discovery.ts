import { formatAnnounce } from "@qumo/shared/topology";
import type { InterestTable } from "../control_plane/mod.ts";
import type { Discovered, Discovery } from "../track/mod.ts";

/** Finds what other relays have in a scope: the mirror follows the announces that are asked for. */
export function discoveryIn(scope: string, interests: InterestTable): Discovery {
  return {
    follow(namespace, kind) {
      // No announce has an empty part, so nobody has anything there.
      if (namespace.some((part) => part.length === 0)) return NOTHING;
      return interests.follow({ kind, text: formatAnnounce({ scope, namespace }) });
    },
  };
}

const NOTHING: Discovered = { known: undefined, end: () => {} };
