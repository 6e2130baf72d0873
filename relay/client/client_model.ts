import type { Clock } from "@qumo/shared/runtime";
import { DEFAULTS } from "../config.ts";
import { RelayMetrics } from "../metrics.ts";
import { Cache, MAX_TRACKS, Registry, type Scope } from "../track/mod.ts";

/** What a client publishes and receives, by whatever session: a registry that nobody else is in. */
export class ClientModel {
  readonly metrics = new RelayMetrics();
  readonly registry: Registry;
  readonly scope: Scope;

  constructor(clock: Clock) {
    this.registry = new Registry({
      clock,
      cache: new Cache(DEFAULTS.cache, clock, this.metrics.evictions),
      linger: 0,
      maxTracks: MAX_TRACKS,
    });
    this.scope = this.registry.enter("");
  }

  /** Nothing is published or received any more. */
  leave(): void {
    this.registry.leave("");
  }
}
