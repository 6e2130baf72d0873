/*
 * What can be configured. Each property is a key of the file in snake_case (`maxSessions` is
 * `max_sessions`), with what it may be and its default, whose reason is in `configs/relay.yaml`.
 * Units are in the names: `Ms` milliseconds, `Bytes` bytes. Lower limits keep the relay usable, upper
 * ones keep it a machine's size.
 */

import {
  acmeSettings,
  addressForm,
  bytes,
  integer,
  isLoopbackHost,
  listOf,
  milliseconds,
  oneOf,
  parseAddress,
  programSettings,
  section,
  text,
  tokenEntry,
  yesNo,
} from "@qumo/shared/runtime";
import { z } from "zod";
import { ALL_OTHERS, protocols } from "../session/negotiate.ts";
import { FORWARDS, LATE_JOINS, REPLACEMENT_POLICIES } from "../vocabulary/mod.ts";
import { hostSettings, meshSettings, sdnSettings, upstreamSettings } from "./mesh_settings.ts";
import { LOOPBACK, parseNetwork } from "./networks.ts";
import { publisherPolicies } from "./publisher_policies.ts";

const GIB = 2 ** 30;

const count = (max: number, min = 1) => integer(min, max);
const path = () => text(4096).default("");
const prefixes = () => listOf(text(1024), 256);
const name = () =>
  text(
    128,
    "at most 128 letters, digits, dots, dashes, underscores and slashes",
    (value) => /^[\w./-]*$/.test(value),
  ).default("");

/** The port, and the limits of connections. */
const server = section({
  /** IP address and port of UDP (QUIC, WebTransport) and TCP (HTTP); port 0 takes a free one. */
  address: text(64, addressForm(4433), (value) => parseAddress(value) !== undefined)
    .default("127.0.0.1:4433"),
  /** PEM files, the leaf first; both empty: the relay generates a certificate and renews it. */
  certFile: path(),
  keyFile: path(),
  /**
   * The protocols that clients may speak, in order of preference; `auto` is all that are not in the
   * list, the newest draft first.
   */
  protocols: listOf(oneOf(ALL_OTHERS, ...protocols), 64).default([ALL_OTHERS]),
  /**
   * Origins of pages that may open sessions; `*` is every one; `auto` is those of this
   * machine while the relay listens on a loopback address, otherwise every one.
   */
  allowedOrigins: listOf(
    text(512, "auto, * or an origin, like https://example.com", isOriginOrStar),
    1000,
  ).default(["auto"]),
  /**
   * Who may open WebSockets at the TCP port, as clients do whose network blocks UDP: `tls` those that
   * speak TLS, `any` also others, `off` nobody; `auto` is `any` while the relay listens on a loopback
   * address, otherwise `tls`.
   */
  websocket: oneOf("auto", "tls", "any", "off").default("auto"),
  /** Time between packets that keep a quiet connection alive; 0 sends none. */
  keepAliveMs: milliseconds(0, 60_000).default(4000),
  /** Time without a packet after which a connection is lost. */
  idleTimeoutMs: milliseconds(500, 600_000).default(10_000),
  /** Time for each of QUIC's handshake, the request for WebTransport or WebSocket, and SETUP. */
  handshakeTimeoutMs: milliseconds(100, 60_000).default(10_000),
  /** Handshakes at once, of QUIC, again of WebTransport, and again of WebSocket. */
  maxHandshakes: count(1_000_000).default(1024),
  /** Sessions at once; new ones above it are closed. */
  maxSessions: count(1_000_000).default(5000),
  /** Connections that one address of clients may have. */
  maxConnectionsPerAddress: count(1_000_000).default(500),
  /** Addresses and networks without that limit; `loopback` is this machine. */
  knownAddresses: listOf(
    text(64, "loopback, an address or a network, like 10.0.0.0/8", isKnownAddress),
    1000,
  ).default([LOOPBACK]),
  /** Unread bytes of one connection. */
  maxUnreadBytesPerConnection: bytes(2_097_152, 1024 * GIB).default(67_108_864),
  /** Unread bytes of all connections together. */
  maxUnreadBytes: bytes(2_097_152, 1024 * GIB).default(402_653_184),
  /** Bidirectional streams, requests that is, that a peer may have open. */
  maxBidiStreams: count(65_536, 8).default(512),
  /** Unidirectional streams, subgroups mostly, that a publisher may have open. */
  maxUniStreams: count(65_536, 8).default(1024),
});

/** Access control. */
const auth = section({
  /**
   * `loopback`: anyone, but the relay listens on loopback addresses only. `open`: anyone who can
   * reach the address. `token`: who shows a token that one of `keys` signed, as far as it allows.
   */
  mode: oneOf("loopback", "open", "token").default("loopback"),
  /** Files and URLs of keys that tokens are signed with, each a JWK or a JWKS. */
  keys: listOf(
    text(4096, "a path, or a URL with https", isKeySource),
    64,
  ).default([]),
  /** PEM file of the CA that verifies these URLs, beside those of the machine. */
  caFile: path(),
  /** How often these are looked at for other keys. */
  keyReloadMs: milliseconds(100, 86_400_000).default(60_000),
  /** What anybody may do without a token, as prefixes of names; an empty one is everything. */
  public: section({
    publish: prefixes().default([]),
    subscribe: prefixes().default([]),
  }),
  /** How far the clocks of those who sign tokens may be off. */
  clockSkewMs: milliseconds(0, 600_000).default(10_000),
  /** Another program that decides about tokens which none of `keys` signed, and about who has none. */
  hook: section({
    /** Where it is asked, with POST; empty: there is none. */
    url: text(4096, "a URL with https", (value) => value === "" || isHookUrl(value)).default(""),
    /** File with the bearer token that the relay shows it. */
    tokenFile: path(),
    /** How long an answer may take. */
    timeoutMs: milliseconds(100, 30_000).default(3000),
  }),
  /** Common Access Tokens (C4M), signed by one of `keys`. */
  cat: section({
    enabled: yesNo().default(false),
    /** Names of this relay, one of which a token with `aud` must have. */
    audience: listOf(text(1024), 64).default([]),
    /** Who may make them, by `iss`; empty: everybody who has a key. */
    issuers: listOf(text(1024), 64).default([]),
    /** Numbers of the claims `moqt` and `moqt-reval`, which are not registered yet. */
    moqtClaim: integer(-65_536, 65_535).default(327),
    moqtRevalClaim: integer(-65_536, 65_535).default(328),
  }),
  /**
   * Admits sessions without a token, which may then show tokens with their requests; until then
   * they may do what is public.
   */
  lateTokens: yesNo().default(false),
  /**
   * How long sessions wait after a start for a controller to say what is revoked; 0: not at all. They
   * are let in then, so that a controller that is down stops no media.
   */
  revocationsWaitMs: milliseconds(0, 600_000).default(5_000),
});

/** What the relay does for its peers. */
const relay = section({
  /** Its name in logs and at `/status`. */
  nodeId: name(),
  /** Where it runs, for `/status`. */
  region: name(),
  /**
   * Where a subscription to the largest object begins. `strict` begins after it, `group_start` at the
   * first object of its group; `auto` does that for peers known to need it.
   */
  lateJoin: oneOf(...LATE_JOINS).default("auto"),
  /**
   * Whether a track that is offered with PUBLISH is sent while it has no subscriber. `on_demand`
   * pauses it; `always` never does, for publishers that cannot be resumed. It is always sent by
   * publishers without MOQT_IMPLEMENTATION.
   */
  forward: oneOf(...FORWARDS).default("on_demand"),
  /** Asks each peer for its namespaces after SETUP. */
  solicit: yesNo().default(true),
  /** Which publisher keeps a track when two of them send different objects under its name. */
  publishers: oneOf(...REPLACEMENT_POLICIES).default("newest"),
  /** `publishers` by namespace prefix; the longest match applies. */
  publishersByNamespace: publisherPolicies.default(new Map()),
  /**
   * Which clients a full relay sends to another one, by what their MOQT_IMPLEMENTATION begins with: of
   * those that follow the URI of a GOAWAY. `*` is all of them, also those that say nothing.
   */
  redirectWhenFull: listOf(text(256), 100).default([]),
  /** What a subscription here costs relays of other programs, beside the rest of a route. */
  cost: count(1_000_000, 0).default(1),
  /** How long the relay stays subscribed to a track after its last subscriber has left. */
  lingerMs: milliseconds(0).default(2000),
  /** The longest that a subscriber may wait for a publisher, whatever it asks for. */
  rendezvousMaxMs: milliseconds(0).default(30_000),
  /** How long a publisher may take to answer a request of the relay. */
  requestTimeoutMs: milliseconds(100, 600_000).default(10_000),
});

/** Where groups are kept that memory lets go, for viewers who go back. */
const disk = section({
  /** The folder, for this relay alone; empty: nothing is kept on disk. */
  folder: path(),
  /** Bytes of all files. The oldest are deleted. */
  maxBytes: bytes(16_777_216, 1024 * 1024 * GIB).default(10 * GIB),
  /** Bytes of one track's files. */
  maxTrackBytes: bytes(2_097_152, 1024 * 1024 * GIB).default(2 * GIB),
  /** How long a group is kept, and a sixteenth of that at most beyond. */
  maxAgeMs: milliseconds(10_000, 31_536_000_000).default(3_600_000),
  /** What is kept, as prefixes of namespaces; an empty one is everything. */
  namespaces: listOf(text(1024), 1_000).default([""]),
});

/** The limits of the cache. At any of them the oldest groups are evicted. */
const cache = section({
  /** Of all tracks together. */
  maxBytes: bytes(1_048_576, 1024 * GIB).default(268_435_456),
  maxTrackBytes: bytes(1_048_576, 1024 * GIB).default(33_554_432),
  maxGroupsPerTrack: count(1_000_000).default(100),
  maxAgeMs: milliseconds(100).default(30_000),
  disk,
});

/** The limits of one session. Beyond them a request is refused, or the session closed. */
const limits = section({
  /** Requests that are open at once, of every kind. */
  maxRequests: count(1_000_000).default(500),
  /** Of these, tracks subscribed to. */
  maxSubscriptions: count(1_000_000).default(500),
  /** Tracks received from the peer, offered with PUBLISH and subscribed together. */
  maxPublishedTracks: count(1_000_000).default(500),
  /** Namespaces announced. */
  maxNamespaces: count(1_000_000).default(200),
  /** Namespace prefixes watched. */
  maxNamespaceSubscriptions: count(1_000_000).default(50),
  /** Fetches under way. */
  maxFetches: count(1_000_000).default(50),
  /** Control messages a second, on average. */
  controlMessageRate: count(1_000_000).default(200),
  /** Control messages that may come at once before the rate counts. */
  controlMessageBurst: count(1_000_000).default(2000),
  /** One object's payload. */
  maxObjectBytes: bytes(1200, GIB).default(16_777_216),
});

/** How far one subscription may fall behind before it skips groups. */
const delivery = section({
  /** Bytes of a track that are waiting to be sent to a subscriber. */
  maxBacklogBytes: bytes(65_536, GIB).default(8_388_608),
  /** Streams of a subscription that are open at once. */
  maxOpenSubgroups: count(65_536).default(32),
  /** A subscription whose subscriber accepts no data for this long is ended. */
  stallTimeoutMs: milliseconds(100, 600_000).default(10_000),
});

/** What encoders send that speak no MoQ. */
const ingest = section({
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

/** The schema of the relay's configuration. */
export const settingsSchema = section({
  server,
  acme: acmeSettings,
  auth,
  relay,
  cache,
  limits,
  delivery,
  ingest,
  sdn: sdnSettings,
  upstream: upstreamSettings,
  host: hostSettings,
  mesh: meshSettings,
  /** What `/metrics` has beside totals. */
  metrics: section({
    /** Number of tracks that get series of their own; 0 for none. */
    perTrack: count(10_000, 0).default(0),
  }),
  /** The HTTP side beside the media. */
  ops: section({
    /**
     * Who may read names of tracks and addresses of peers: `loopback` is programs on this machine,
     * `open` everybody who can reach the port.
     */
    details: oneOf("loopback", "open").default("loopback"),
    /**
     * Tokens, one of which every other machine needs for what is served over HTTP, but for `/health`
     * and the certificate's hash; with it names and addresses are shown too.
     */
    tokens: listOf(tokenEntry({}), 100).default([]),
  }),
  /** Broadcasts for players of HLS, at `/hls/NAME/index.m3u8`. */
  hls: section({
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
  }),
  /** Look-ups over HTTP. */
  lookups: section({
    /** Whether `/announced` and `/fetch` are answered, by the rules of sessions. */
    enabled: yesNo().default(true),
  }),
  ...programSettings,
  /** How long sessions may take to leave at shutdown. */
  drainTimeoutMs: milliseconds(0, 3_600_000).default(10_000),
});

/** The relay's configuration. */
export type RelayConfig = z.output<typeof settingsSchema>;

function isKnownAddress(value: string): boolean {
  return value === LOOPBACK || parseNetwork(value) !== undefined;
}

/** Keys must come as they are: over TLS, or from this machine. */
function isKeySource(value: string): boolean {
  if (!/^https?:/.test(value)) return value !== "" && !/^\w+:\/\//.test(value);
  const url = URL.parse(value);
  return url !== null && (url.protocol === "https:" || isLoopbackHost(url.hostname));
}

function isHookUrl(value: string): boolean {
  return /^https?:/.test(value) && isKeySource(value);
}

function isOriginOrStar(value: string): boolean {
  return value === "*" || value === "auto" ||
    URL.canParse(value) && new URL(value).origin === value;
}
