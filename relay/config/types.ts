/*
 * What can be configured. Each property is a key of the file in snake_case (`maxSessions` is
 * `max_sessions`); units are in the names: `Ms` milliseconds, `Bytes` bytes.
 */

/** The port, and who may come as far as a session. */
export interface ServerConfig {
  /** IP address and port of UDP (QUIC, WebTransport) and TCP (HTTP); port 0 takes a free one. */
  readonly address: string;
  /** PEM files, the leaf first; both empty: a certificate is made at start and renewed. */
  readonly certFile: string;
  readonly keyFile: string;
  /**
   * Origins of pages that may open WebTransport sessions; `*` is every one, `auto` those of this
   * machine as long as nobody but this machine can come.
   */
  readonly allowedOrigins: readonly string[];
  /** Time between packets that keep a quiet connection alive; 0 sends none. */
  readonly keepAliveMs: number;
  /** Silence after which a peer counts as gone. */
  readonly idleTimeoutMs: number;
  /** Time for each of QUIC's handshake, the WebTransport request and SETUP. */
  readonly handshakeTimeoutMs: number;
  /** Handshakes under way at once, of QUIC and again of WebTransport. */
  readonly maxHandshakes: number;
  /** Sessions at once; more are closed at once. */
  readonly maxSessions: number;
  /** Connections that one address of clients may have. */
  readonly maxConnectionsPerAddress: number;
  /** Addresses and networks to which that does not apply, `loopback` for all of this machine's. */
  readonly knownAddresses: readonly string[];
  /** Bytes of one peer that may wait to be read. */
  readonly maxUnreadBytesPerConnection: number;
  /** Bytes of all peers together that may wait to be read. */
  readonly maxUnreadBytes: number;
  /** Bidirectional streams, requests that is, that a peer may have open. */
  readonly maxBidiStreams: number;
  /** Unidirectional streams, subgroups mostly, that a publisher may have open. */
  readonly maxUniStreams: number;
}

/** Who may do what. */
export interface AuthConfig {
  /**
   * `loopback` lets everyone in as long as nobody but this machine can come; `open` lets everyone
   * in from everywhere.
   */
  readonly mode: "loopback" | "open";
}

/** Whether publishers are told to pause while nobody wants what they offer. */
export type Forward = "on_demand" | "always";

/** Where a subscription to the largest object begins. */
export type LateJoin = "auto" | "strict" | "group_start";

/** Who keeps a track: the newer session, the older one, or the older one and a second is refused. */
export type PublisherPolicy = "newest" | "oldest" | "refuse";

/** What the relay does for its peers. */
export interface BehaviourConfig {
  /** Its name in logs and at `/status`. */
  readonly nodeId: string;
  /** Where it runs, for `/status`. */
  readonly region: string;
  /**
   * `strict` begins after the largest object, `group_start` at the first object of its group;
   * `auto` does that for peers known to need it.
   */
  readonly lateJoin: LateJoin;
  /**
   * `on_demand` pauses what a publisher offers with PUBLISH while nobody wants it; `always` lets it
   * flow, for publishers that cannot be told to go on; those that name no implementation always do.
   */
  readonly forward: Forward;
  /** Asks each peer for its namespaces after SETUP. */
  readonly solicit: boolean;
  /** Who keeps a track of which two publishers have different objects. */
  readonly publishers: PublisherPolicy;
  /** The same for namespaces that begin with these, as people write them; the longest counts. */
  readonly publishersByNamespace: ReadonlyMap<string, PublisherPolicy>;
  /** How long the subscription to a publisher outlives the last subscriber. */
  readonly lingerMs: number;
  /** The longest that a subscriber may wait for a publisher, whatever it asks for. */
  readonly rendezvousMaxMs: number;
  /** How long a publisher may take to answer a request of ours. */
  readonly requestTimeoutMs: number;
}

/** What is kept of the past. The oldest groups go first, at whichever limit is reached. */
export interface CacheLimits {
  /** Of all tracks together. */
  readonly maxBytes: number;
  readonly maxTrackBytes: number;
  readonly maxGroupsPerTrack: number;
  readonly maxAgeMs: number;
}

/** What one session may ask for; beyond it a request is refused, or the session closed. */
export interface SessionLimits {
  /** Requests that are open at once, of every kind. */
  readonly maxRequests: number;
  /** Of these, tracks subscribed to. */
  readonly maxSubscriptions: number;
  /** Tracks published to us, pushed and subscribed together. */
  readonly maxPublishedTracks: number;
  /** Namespaces announced. */
  readonly maxNamespaces: number;
  /** Namespace prefixes watched. */
  readonly maxNamespaceSubscriptions: number;
  /** Fetches under way. */
  readonly maxFetches: number;
  /** Control messages a second, on average. */
  readonly controlMessageRate: number;
  /** Control messages that may come at once before the rate counts. */
  readonly controlMessageBurst: number;
  /** One object's payload. */
  readonly maxObjectBytes: number;
}

/** How far one subscription may fall behind before groups are skipped for it. */
export interface DeliveryLimits {
  /** Bytes of a track that are waiting to be sent to a subscriber. */
  readonly maxBacklogBytes: number;
  /** Streams of a subscription that are open at once. */
  readonly maxOpenSubgroups: number;
  /** A subscriber that takes nothing for this long is not worth its memory: the session is closed. */
  readonly stallTimeoutMs: number;
}

/** The connection to a controller, which knows every relay and who has which track. */
export interface SdnConfig {
  /** Controllers, tried in order; none is a relay on its own. */
  readonly urls: readonly string[];
  /** Its name among relays; empty: `relay.nodeId`, or else the host's name. */
  readonly relayName: string;
  /** The URL for other relays; empty: the address it listens on, if that is one they can call. */
  readonly address: string;
  /** The relays that it calls, and what a hop to each costs. */
  readonly neighbors: ReadonlyMap<string, number>;
  /** The longest time between two heartbeats; the controller may ask for a shorter one. */
  readonly heartbeatIntervalSec: number;
  /** A file with the bearer token for the controller; empty: none. */
  readonly tokenFile: string;
  /** What the controller is verified by, and what this relay shows; empty: the system's, nothing. */
  readonly tls: {
    readonly caFile: string;
    readonly certFile: string;
    readonly keyFile: string;
  };
  /** Silence after which what is known of the other relays counts as stale. */
  readonly staleAfterMs: number;
  /** Whether the relay is not ready while that is stale. */
  readonly staleIsUnready: boolean;
  /** Whether the relay is not ready while no controller has it registered. */
  readonly unregisteredIsUnready: boolean;
}

/** Links to other relays, whoever named them: the controller or `upstream`. */
export interface MeshConfig {
  readonly pingIntervalMs: number;
  /** Silence after which a link is down. */
  readonly linkTimeoutMs: number;
  /** How long a link that came back must answer before it is up; more while it flaps. */
  readonly holdDownMs: number;
  /** Relays that a track may cross. */
  readonly maxHops: number;
  /** How long subscribers of a remote track are held while there is no way to it. */
  readonly failoverHoldMs: number;
  /** URLs of neighbours, by name, that count instead of those that the controller has. */
  readonly addresses: ReadonlyMap<string, string>;
  /** The CA that verifies neighbours; empty: the certificate's hash that each registered. */
  readonly caFile: string;
  /** Neighbours are not verified at all. */
  readonly insecure: boolean;
}

/** What `/metrics` says beyond totals. */
export interface MetricsConfig {
  /** Tracks that get series of their own, named; 0 names none. */
  readonly perTrack: number;
}

/** The HTTP side beside the media. */
export interface OpsConfig {
  /**
   * Who may read names of tracks and addresses of peers: `loopback` is programs on this machine, `open`
   * everybody who can reach the port.
   */
  readonly details: "loopback" | "open";
}

/** The log. */
export interface LogConfig {
  readonly level: "debug" | "info" | "warn" | "error";
  /** `auto` is `human` on a terminal and `json` elsewhere. */
  readonly format: "auto" | "human" | "json";
}

/** What leaves by the runtime's OpenTelemetry exporter, where that is on. */
export interface TelemetryConfig {
  /** Gives it spans of sessions, and the lines of the log. */
  readonly enabled: boolean;
}

/** Everything that can be configured of a relay. */
export interface RelayConfig {
  readonly server: ServerConfig;
  readonly auth: AuthConfig;
  readonly relay: BehaviourConfig;
  readonly cache: CacheLimits;
  readonly limits: SessionLimits;
  readonly delivery: DeliveryLimits;
  readonly sdn: SdnConfig;
  /** Origins that this relay takes tracks from when it has no controller: `moqt://host:port`. */
  readonly upstream: readonly string[];
  readonly mesh: MeshConfig;
  readonly metrics: MetricsConfig;
  readonly ops: OpsConfig;
  readonly log: LogConfig;
  readonly telemetry: TelemetryConfig;
  /** How long sessions may take to leave at shutdown. */
  readonly drainTimeoutMs: number;
}
