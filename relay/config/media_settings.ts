import {
  addressForm,
  bytes,
  milliseconds,
  parseAddress,
  section,
  text,
  yesNo,
} from "@qumo/shared/runtime";
import { count, GIB } from "./values.ts";

/** What encoders send that speak no MoQ. */
export const ingestSettings = section({
  rtmp: section({
    /** IP address and TCP port where RTMP is listened for; empty: nowhere. */
    address: text(
      64,
      addressForm(1935),
      (value) => value === "" || parseAddress(value) !== undefined,
    ).default(""),
    /** Whether it is RTMPS: over TLS, with the certificate of `server.cert_file`. */
    tls: yesNo().default(false),
  }),
  /** Whether fragmented MP4 is taken in by PUT and POST at `/ingest/` on the TCP port of `server.address`. */
  http: yesNo().default(false),
  /** Encoders at once. */
  maxEncoders: count(10_000).default(64),
  /** What one encoder may send; it is read no faster. */
  maxBytesPerSecond: bytes(65_536, GIB).default(12_500_000),
  /** Time without a frame after which an encoder is disconnected. */
  idleTimeoutMs: milliseconds(1_000, 600_000).default(10_000),
  /** How long an encoder that was lost may come back before its viewers are told that it has ended. */
  reconnectMs: milliseconds(0, 600_000).default(5_000),
});

/** Broadcasts for players of HLS, at `/hls/NAME/index.m3u8`. */
export const hlsSettings = section({
  enabled: yesNo().default(false),
  /** The length of a segment, if key frames allow it; twice that at most. */
  segmentMs: milliseconds(500, 30_000).default(2000),
  /** The longest part of a segment; players are about four of these behind. */
  partMs: milliseconds(100, 5_000).default(350),
  /** Whole segments that a playlist shows. */
  windowSegments: count(1_000, 6).default(8),
  /** How long a track is kept that nobody asks for. */
  idleMs: milliseconds(5_000, 3_600_000).default(15_000),
  /** Broadcasts that are watched at once. */
  maxBroadcasts: count(100_000).default(64),
  /** Bytes of the segments of all of them. */
  maxBytes: bytes(1_048_576, 1024 * GIB).default(134_217_728),
});

/** Look-ups over HTTP. */
export const lookupSettings = section({
  /** Whether `/announced` and `/fetch` are answered, by the rules of sessions. */
  enabled: yesNo().default(true),
});
