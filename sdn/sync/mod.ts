/** What controllers tell each other, and what follows from it. */
export { bucketOf, Digest, DIGEST_BUCKETS, stateHash } from "./digest.ts";
export { mergeRelay } from "./merge.ts";
export { fromWire, toWire, type WireState, wireStateSchema } from "./wire.ts";
