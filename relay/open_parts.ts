import type { DiskArchive } from "./disk/disk_archive.ts";
import type { RelayMetrics } from "./metrics.ts";
import { openDisk } from "./open_disk.ts";
import { openRelayAccess, type RelayAccess } from "./relay_access.ts";
import type { RelayOptions } from "./relay_options.ts";

/** What a relay may have by its configuration; undefined: it has not, and nothing of it is loaded. */
export interface OpenParts {
  readonly access: RelayAccess | undefined;
  readonly disk: DiskArchive | undefined;
  /** What takes in encoders. */
  readonly ingest: typeof import("./ingest.ts") | undefined;
  /** Broadcasts for players of HLS. */
  readonly hls: typeof import("./media/hls/hls_server.ts") | undefined;
}

/** Loads and opens what the configuration asks for. Rejects with a {@linkcode StartError}. */
export async function openParts(
  options: RelayOptions,
  metrics: RelayMetrics,
): Promise<OpenParts> {
  const { ingest, hls } = options.config;
  const takesEncoders = ingest.http || ingest.rtmp.address !== "";
  return {
    access: await openRelayAccess(options, metrics.access),
    ingest: takesEncoders ? await import("./ingest.ts") : undefined,
    hls: hls.enabled ? await import("./media/hls/hls_server.ts") : undefined,
    // Last: it has a lock, which only the relay gives back.
    disk: await openDisk(options, metrics.disk),
  };
}
