import { systemClock } from "@qumo/shared/runtime";
import { DEFAULTS } from "../../../relay/config/definition.ts";
import { RelayMetrics } from "../../../relay/metrics.ts";
import { Cache, Registry } from "../../../relay/track/mod.ts";

/** A registry in which nothing is, for relays whose sessions are made up. */
export function emptyRegistry(): Registry {
  const cache = new Cache(DEFAULTS.cache, systemClock, new RelayMetrics().evictions);
  return new Registry({ clock: systemClock, cache, linger: 0, maxTracks: 1 });
}
