import type { SessionHost } from "./host.ts";
import { MediaHttp } from "./media/media_http.ts";
import type { RelayMetrics } from "./metrics.ts";
import type { RelayOptions } from "./relay_options.ts";
import { type Gate, openGate } from "./session/rights.ts";

/** What media over HTTP takes of the relay. */
export interface MediaSources {
  readonly host: SessionHost;
  /** Decides who may have what; undefined: everybody everything. */
  readonly gate: Gate | undefined;
  readonly metrics: RelayMetrics;
}

/** Media over HTTP, as far as the configuration asks for it. */
export function openMedia(
  { config, clock, log }: RelayOptions,
  { host, gate = openGate, metrics }: MediaSources,
): MediaHttp {
  return new MediaHttp({
    registry: host.registry,
    gate,
    settings: config,
    counts: metrics.media,
    clock,
    log,
  });
}
