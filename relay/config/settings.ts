/*
 * What can be configured. Each property is a key of the file in snake_case (`maxSessions` is
 * `max_sessions`), with what it may be and its default, whose reason is in `configs/relay.yaml`.
 * Units are in the names: `Ms` milliseconds, `Bytes` bytes. Lower limits keep the relay usable, upper
 * ones keep it a machine's size.
 */

import {
  acmeSettings,
  bytes,
  listOf,
  milliseconds,
  oneOf,
  programSettings,
  section,
  text,
  tokenEntry,
  yesNo,
} from "@qumo/shared/runtime";
import * as z from "zod";
import { FORWARDS, LATE_JOINS, REPLACEMENT_POLICIES } from "../vocabulary/mod.ts";
import { accessSettings } from "./access_settings.ts";
import { cacheSettings } from "./cache_settings.ts";
import { hlsSettings, ingestSettings, lookupSettings } from "./media_settings.ts";
import { hostSettings, meshSettings, sdnSettings, upstreamSettings } from "./mesh_settings.ts";
import { publisherPolicies } from "./publisher_policies.ts";
import { serverSettings } from "./server_settings.ts";
import { count, GIB } from "./values.ts";

const name = () =>
  text(
    128,
    "at most 128 letters, digits, dots, dashes, underscores and slashes",
    (value) => /^[\w./-]*$/.test(value),
  ).default("");

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

/** The schema of the relay's configuration. */
export const settingsSchema = section({
  server: serverSettings,
  acme: acmeSettings,
  auth: accessSettings,
  relay,
  cache: cacheSettings,
  limits,
  delivery,
  ingest: ingestSettings,
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
  hls: hlsSettings,
  lookups: lookupSettings,
  ...programSettings,
  /** How long sessions may take to leave at shutdown. */
  drainTimeoutMs: milliseconds(0, 3_600_000).default(10_000),
});

/** The relay's configuration. */
export type RelayConfig = z.output<typeof settingsSchema>;
