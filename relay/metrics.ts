/*
 * What the relay counts. The parts that do the work own nothing of Prometheus: they add to plain
 * numbers, and `@qumo/shared/metrics` reads them when somebody scrapes. Labels have the words of the
 * vocabulary as values, so their number is bounded.
 */

import { Histogram } from "@qumo/shared/metrics";
import type { Traffic } from "./views.ts";
import * as words from "./vocabulary/mod.ts";

/** Counts of remote tracks and their routes. */
class MeshMetrics {
  readonly reroutes: Record<words.RerouteReason, number> = zeros(words.REROUTES);
  readonly lookups: Record<words.LookupResult, number> = zeros(words.LOOKUPS);
  /** In seconds. */
  readonly failoverGaps = new Histogram([0.05, 0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 5, 10]);
  readonly hopCounts = new Histogram([1, 2, 3, 4, 6, 8]);
  /** Times that a relay with announces became unreachable. */
  unreachable = 0;

  failoverGap(milliseconds: number): void {
    this.failoverGaps.observe(milliseconds / 1000);
  }

  hops(count: number): void {
    this.hopCounts.observe(count);
  }
}

/** All counts of the relay since its start. Plain numbers, to be added to. */
export class RelayMetrics {
  /** By the kind of connection. */
  readonly sessionsStarted: Record<words.TransportKind, number> = zeros(words.TRANSPORTS);
  /** By the dialect, of which each has a row once it was spoken: protocols of ours alone. */
  readonly dialectSessions: Record<string, number> = {};
  readonly sessionsEnded: Record<words.SessionEnd, number> = zeros(words.SESSION_ENDS);
  readonly handshakesRefused: Record<words.HandshakeRefusal, number> = zeros(
    words.HANDSHAKE_REFUSALS,
  );
  readonly clientRedirects: Record<words.ClientRedirect, number> = zeros(words.CLIENT_REDIRECTS);
  readonly transportLimits: Record<words.TransportLimit, number> = zeros(words.TRANSPORT_LIMITS);
  /** Requests of peers, by the relay's answer. */
  readonly requests: Record<words.RequestKind, Record<words.RequestOutcome, number>> = table(
    words.REQUEST_KINDS,
    words.REQUEST_OUTCOMES,
  );
  /** Requests of the relay, by the peer's answer. */
  readonly upstreamRequests: Record<
    words.UpstreamRequestKind,
    Record<words.UpstreamOutcome, number>
  > = table(words.UPSTREAM_REQUEST_KINDS, words.UPSTREAM_OUTCOMES);
  /** From publishers. */
  readonly received: Traffic = { objects: 0, bytes: 0, groups: 0, subgroups: 0, datagrams: 0 };
  /** To subscribers; an object counts once for each. */
  readonly sent: Traffic = { objects: 0, bytes: 0, groups: 0, subgroups: 0, datagrams: 0 };
  readonly datagramsDropped: Record<words.DatagramDrop, number> = zeros(words.DATAGRAM_DROPS);
  readonly evictions: Record<words.EvictionReason, number> = zeros(words.EVICTIONS);
  readonly skips: Record<words.Skip, number> = zeros(words.SKIPS);
  /** Objects on streams that another publisher of the track had already sent. */
  duplicateObjects = 0;
  readonly droppedObjects: Record<words.DropReason, number> = zeros(words.OBJECT_DROPS);
  readonly tracksGivenUp: Record<words.TrackGivenUp, number> = zeros(words.TRACKS_GIVEN_UP);
  readonly streamsStopped: Record<words.StreamStop, number> = zeros(words.STREAM_STOPS);
  /** Subscriptions that were ended because the subscriber was too far behind. */
  subscribersTooFarBehind = 0;
  /** In seconds. */
  readonly deliveryDelays = new Histogram([
    ...[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
  ]);
  readonly inexpressible: Record<words.Inexpressible, number> = zeros(words.INEXPRESSIBLE);
  /** Streams that were parked: left open because they could not be reset. */
  streamsParked = 0;
  readonly parkedStreamsFinished: Record<words.ParkedEnd, number> = zeros(words.PARKED_ENDS);
  readonly replacements: Record<words.ReplacementOutcome, number> = zeros(words.REPLACEMENTS);
  /** Fetches that shared an equal fetch already under way. */
  fetchesShared = 0;
  readonly requestsUnread: Record<words.Unread, number> = zeros(words.UNREAD);
  readonly requestStops: Record<words.StopNotice, number> = zeros(words.STOP_NOTICES);
  readonly requestsBlocked: Record<words.BlockedRequest, number> = zeros(words.BLOCKED_REQUESTS);
  readonly malformed: Record<words.Malformed, number> = zeros(words.MALFORMED);
  readonly oddities: Record<words.OddityKind, number> = zeros(words.ODDITIES);
  readonly mesh = new MeshMetrics();
  readonly encoders = {
    begun: zeros(words.INGEST_PROTOCOLS),
    refused: zeros(words.ENCODER_REFUSALS),
    ended: zeros(words.ENCODER_ENDS),
    frames: 0,
    framesDropped: zeros(words.FRAME_DROPS),
    limits: zeros(words.ENCODER_LIMITS),
  };
  readonly access = {
    keyReloads: { ok: 0, refused: 0 },
    hook: { allowed: 0, refused: 0, failed: 0, kept: 0, not_asked: 0 },
    requestsCut: zeros(words.ACCESS_CUTS),
    revocations: 0,
    sessionsHeld: 0,
    kicks: 0,
    accessEntriesLeftOut: 0,
    quotaRefusals: zeros(words.QUOTAS),
    tenantsOverQuota: 0,
  };
  /** Media over HTTP. */
  readonly media = {
    lookups: zeros<words.LookupOutcome>(words.LOOKUP_OUTCOMES),
    hls: zeros<words.HlsOutcome>(words.HLS_OUTCOMES),
    hlsLosses: zeros<words.HlsLoss>(words.HLS_LOSSES),
  };
  /** Groups that are kept on disk. */
  readonly disk = {
    /** What is there now. */
    kept: { bytes: 0, groups: 0, segments: 0, tracks: 0 },
    written: { groups: 0, bytes: 0 },
    /** Writes that failed. */
    writesFailed: 0,
    dropped: zeros(words.DISK_DROPS),
    reads: zeros(words.DISK_READS),
    deleted: zeros(words.DISK_DELETIONS),
  };
  /** Certificates found while running, by whether they were accepted. */
  readonly certificateReloads = { ok: 0, refused: 0 };
  /** Orders of certificates by ACME. */
  readonly acmeOrders = { ok: 0, failed: 0 };
  /** Unexpected internal errors. */
  unhandledErrors = 0;

  deliveryDelay(milliseconds: number): void {
    this.deliveryDelays.observe(milliseconds / 1000);
  }
}

function zeros<Word extends string>(words: readonly Word[]): Record<Word, number> {
  return Object.fromEntries(words.map((word) => [word, 0])) as Record<Word, number>;
}

function table<Row extends string, Word extends string>(
  rows: readonly Row[],
  words: readonly Word[],
): Record<Row, Record<Word, number>> {
  return Object.fromEntries(rows.map((row) => [row, zeros(words)])) as Record<
    Row,
    Record<Word, number>
  >;
}
