import {
  addressKey,
  type CertificatePair,
  type Clock,
  type Log,
  messageOf,
  StartError,
} from "@qumo/shared/runtime";
import { commonDraft } from "@qumo/shared/wire";
import { formatAddress, parseAddress, type RelayConfig } from "./config.ts";
import type { HostParts } from "./host.ts";
import { HttpIngest } from "./media/ingest/http_ingest.ts";
import { Ingests } from "./media/ingest/ingests.ts";
import type { RtmpParts } from "./media/rtmp/connection.ts";
import { RtmpListener } from "./media/rtmp/listener.ts";
import type { RelayMetrics } from "./metrics.ts";
import { checkNamespace } from "./session/connection/reserved.ts";
import { rendererOf } from "./session/moqt/dialect/renderer.ts";
import { openGate } from "./session/rights.ts";
import type { Registry } from "./track/mod.ts";

/** The dependencies of {@linkcode newIngests}. */
export interface IngestsSources
  extends Pick<HostParts, "config" | "gate" | "metrics" | "clock" | "log"> {
  readonly mesh: Pick<HostParts["mesh"], "name">;
}

/** The encoders of a relay, which publish into its registry under the rules of sessions. */
export function newIngests(
  parts: IngestsSources,
  registry: Registry,
  nextId: () => number,
): Ingests {
  const { config: { ingest, limits }, gate = openGate, mesh, metrics, clock, log } = parts;
  return new Ingests({
    settings: { ...ingest, maxObjectBytes: limits.maxObjectBytes, sessionLimits: limits },
    registry,
    gate,
    checkNamespace,
    relayName: mesh.name,
    // What links of the mesh speak.
    renderer: rendererOf(commonDraft.data),
    nextId,
    metrics,
    clock,
    log,
  });
}

/** What takes in encoders by HTTP, if it is configured. */
export function openHttpIngest(
  { config, ingests, metrics, clock }: IngestOptions,
): HttpIngest | undefined {
  const { ingest, limits } = config;
  if (!ingest.http || ingests === undefined) return undefined;
  return new HttpIngest({
    ingests,
    maxFrameBytes: limits.maxObjectBytes,
    maxBytesPerSecond: ingest.maxBytesPerSecond,
    onLimit: (limit) => void metrics.encoders.limits[limit]++,
    clock,
  });
}

/** The dependencies of {@linkcode openHttpIngest}. */
export interface IngestOptions {
  readonly config: RelayConfig;
  readonly ingests: Ingests | undefined;
  readonly metrics: RelayMetrics;
  readonly clock: Clock;
  readonly log: Log;
}

/** The dependencies of {@linkcode openRtmp}. */
export interface RtmpOptions extends IngestOptions {
  /** Whether an address is trusted. */
  readonly isKnown: (host: string) => boolean;
  /** Connections of one address that is not. */
  readonly maxPerClient: () => number;
  /** For RTMPS. */
  readonly certificate: CertificatePair;
}

/** What connections by RTMP work with, wherever they come from. */
export function rtmpParts(
  { config: { ingest, limits, server }, ingests, metrics, clock, log }:
    & IngestOptions
    & Pick<RtmpParts, "ingests">,
): RtmpParts {
  return {
    ingests,
    maxMessageBytes: limits.maxObjectBytes,
    maxBytesPerSecond: ingest.maxBytesPerSecond,
    handshakeTimeoutMs: server.handshakeTimeoutMs,
    onLimit: (limit) => void metrics.encoders.limits[limit]++,
    clock,
    log,
  };
}

/** Opens the port for RTMP, if one is configured. Throws a {@linkcode StartError} when it is taken. */
export function openRtmp(
  { config, ingests, metrics, certificate, clock, log, isKnown, maxPerClient }: RtmpOptions,
): RtmpListener | undefined {
  const { ingest } = config;
  const address = parseAddress(ingest.rtmp.address);
  if (address === undefined || ingests === undefined) return undefined;
  try {
    const listener = new RtmpListener(address, {
      ...rtmpParts({ config, ingests, metrics, clock, log }),
      clientOf: (hostname) => isKnown(hostname) ? undefined : addressKey(hostname),
      maxPerClient,
      certificate: ingest.rtmp.tls ? certificate : undefined,
    });
    log.info("listening for RTMP", {
      address: formatAddress(listener.address),
      tls: ingest.rtmp.tls,
    });
    return listener;
  } catch (error) {
    throw new StartError(
      `cannot listen for RTMP on ${ingest.rtmp.address}: ${messageOf(error)}`,
      "ingest.rtmp.address",
    );
  }
}
