/** What controllers tell each other, and what follows from it. */
export { bucketOf, Digest, DIGEST_BUCKETS, stateHash } from "./digest.ts";
export { Exchange, type ExchangeOptions } from "./exchange.ts";
export { httpPeer } from "./http_peer.ts";
export { mergeRelay } from "./merge.ts";
export {
  type DigestAnswer,
  digestAnswerSchema,
  digestRequestSchema,
  type SyncAnswer,
  syncAnswerSchema,
  type SyncMessage,
  syncMessageSchema,
} from "./message.ts";
export { type Peer, Replicator, type ReplicatorOptions } from "./replicator.ts";
export { fromWire, toWire, type WireState, wireStateSchema } from "./wire.ts";
