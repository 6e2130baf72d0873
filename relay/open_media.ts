import type { SessionHost } from "./host.ts";
import { Lookups } from "./media/lookups/lookups.ts";
import { MediaHttp } from "./media/media_http.ts";
import type { RelayMetrics } from "./metrics.ts";
import type { OpenParts } from "./open_parts.ts";
import type { RelayOptions } from "./relay_options.ts";
import { type Gate, openGate } from "./session/rights.ts";

/** What media over HTTP takes of the relay. */
export interface MediaSources {
  readonly host: SessionHost;
  /** Decides who may have what; undefined: everybody everything. */
  readonly gate: Gate | undefined;
  readonly metrics: RelayMetrics;
  /** Broadcasts for players of HLS, if they are enabled. */
  readonly hls: OpenParts["hls"];
}

/** Media over HTTP, as far as the configuration asks for it. */
export function openMedia(
  { config, clock, log }: RelayOptions,
  { host, gate = openGate, metrics, hls }: MediaSources,
): MediaHttp {
  const { registry } = host;
  const counts = metrics.media;
  return new MediaHttp({
    lookups: config.lookups.enabled ? new Lookups({ registry, gate, counts, clock }) : undefined,
    hls: hls && new hls.HlsServer({ registry, gate, settings: config.hls, counts, clock, log }),
  });
}
