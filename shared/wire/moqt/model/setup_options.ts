import type { Token } from "./token.ts";

/** What a peer declares in its SETUP (#setup-options). One number space for every draft. */
export interface SetupOptions {
  /** Path and query of the URI, on raw QUIC only. */
  readonly path?: string;
  /** Host and port of the URI, on raw QUIC only. */
  readonly authority?: string;
  /** Up to draft 16: the peer may begin requests of ids below this; 0 when absent. */
  readonly maxRequestId?: bigint;
  readonly authorizationTokens?: readonly Token[];
  /** Bytes of tokens that the sender keeps under aliases; 0 when absent. */
  readonly maxAuthTokenCacheSize?: bigint;
  readonly implementation?: string;
  /** Updates of one request that may wait for their answers; 0 for any number. */
  readonly maxRequestUpdates?: bigint;
  /** How many ranges the filters of a request of the peer may have; none when absent (19 and later). */
  readonly maxFilterRanges?: bigint;
  /** draft-lcurley-moq-solicit: undefined when the peer does not know the extension. */
  readonly solicit?: boolean;
  /** draft-lcurley-moq-cluster: the sender's hop id; its announcements carry the path they came. */
  readonly relayHops?: bigint;
  /** draft-lcurley-moq-cluster: what a subscription to the sender costs; 1 when absent. */
  readonly relayCost?: bigint;
  /** The sender is one of our relays, of this name. */
  readonly relayName?: string;
  /** A data stream that ends within an object counts as reset: our relays cannot reset one. */
  readonly takesCuts?: boolean;
}
