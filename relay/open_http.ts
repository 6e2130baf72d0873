import { parseAddress } from "./config.ts";
import type { HttpPort } from "./front.ts";
import type { SessionHost } from "./host.ts";
import type { openHttpIngest } from "./ingest.ts";
import type { LiveSettings } from "./live_config.ts";
import type { MediaHttp } from "./media/media_http.ts";
import type { RelayMetrics } from "./metrics.ts";
import type { Read } from "./ops/readings.ts";
import { type OpsServer, serveOps } from "./ops/server.ts";
import { pageFiles, pageLibraries } from "./page/mod.ts";
import type { RelayOptions } from "./relay_options.ts";

/** What the HTTP side takes of the relay. */
export interface HttpSources {
  readonly read: Read;
  readonly media: MediaHttp;
  /** Undefined: no encoder is taken in. */
  readonly openHttpIngest: typeof openHttpIngest | undefined;
  readonly host: Pick<SessionHost, "ingests">;
  readonly metrics: RelayMetrics;
  readonly settings: LiveSettings;
  /** The relay's name, which is the same after a restart; may be empty. */
  readonly name: string;
  /** When the relay began, in milliseconds since 1970. */
  readonly startedAt: number;
}

/** Serves HTTP on the TCP port of a listener, or throws. */
export function openHttp(
  options: RelayOptions,
  { read, media, openHttpIngest, host, metrics, settings, name, startedAt }: HttpSources,
  { udp, certificate }: HttpPort,
): OpsServer {
  const { config: { server, relay, cache, metrics: { perTrack } }, program, clock, log } = options;
  return serveOps({
    hostname: parseAddress(server.address)!.hostname,
    port: udp.address.port,
    certificate,
    upgrade: server.websocket === "off"
      ? undefined
      : (request, stream) => udp.upgrade(request, stream),
    read,
    allowOrigin: (origin) => settings.allowOrigin(origin),
    program,
    startedAt,
    name,
    region: relay.region,
    perTrack,
    maxCacheBytes: cache.maxBytes,
    access: () => settings.ops,
    maxDiskBytes: cache.disk.folder === "" ? undefined : cache.disk.maxBytes,
    ingest: openHttpIngest?.({ ...options, ingests: host.ingests, metrics }),
    page: pageFiles,
    libraries: pageLibraries,
    media,
    clock,
    log,
  });
}
