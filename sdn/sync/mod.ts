/** Replication between controllers: messages, digests and merging. */
export { accessMessageAnswer, accessMessageSchema } from "./access_message.ts";
export { type AccessPeer, AccessReplicator } from "./access_replicator.ts";
export { stateHash } from "./digest.ts";
export { Exchange } from "./exchange.ts";
export { httpPeer } from "./http_peer.ts";
export { mergeRelay } from "./merge.ts";
export {
  digestAnswerSchema,
  digestRequestSchema,
  syncAnswerSchema,
  type SyncMessage,
  syncMessageSchema,
} from "./message.ts";
export { type Peer, Replicator } from "./replicator.ts";
export {
  fromWire,
  READS,
  READS_HEADER,
  readsOf,
  toWire,
  type WireState,
  wireStateSchema,
} from "./wire.ts";
