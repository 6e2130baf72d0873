/** The model: tracks, what is kept of them, who publishes and who follows. It knows no protocol. */
export type { LocalWatcher, NamespaceView, NamespaceWatcher, Origin } from "./advertisements.ts";
export { backfill } from "./backfill.ts";
export { Cache, type CacheLimits, type EvictionReason } from "./cache.ts";
export { type DatagramOutcome, writeDatagram } from "./datagram_writer.ts";
export type { Demand } from "./demands.ts";
export type { DropReason } from "./drops.ts";
export {
  MalformedTrack,
  type Refusal,
  type RefusalKind,
  type TrackEnd,
  type TrackEndKind,
} from "./errors.ts";
export type { Feed, FeedChange, FeedOwner, FeedTarget, Verdict } from "./feed.ts";
export { Feeds, type TrackEntry } from "./feeds.ts";
export { type DatagramObject, Group, type ObjectHome } from "./group.ts";
export type { PastSource } from "./in_turn.ts";
export { MAX_TRACKS } from "./limits.ts";
export { LogCursor } from "./log_cursor.ts";
export { NamespaceTree } from "./namespaces.ts";
export { sendOrder, type SendRank } from "./priority.ts";
export type {
  FetchAnswer,
  FetchedObject,
  FetchRequest,
  FetchSink,
  PendingFetch,
  Publisher,
  RequestOptions,
  TrackStatus,
} from "./publisher.ts";
export type { Replacement, ReplacementOutcome, ReplacementPolicy } from "./replacement.ts";
export { Registry, type RegistryObserver, type RegistryOptions } from "./registry.ts";
export { type OpenTrack, Scope, type TrackWatcher } from "./scope.ts";
export type { OpenOptions } from "./scope_options.ts";
export { type LoggedObject, type LogReader, type LogState, SubgroupLog } from "./subgroup_log.ts";
export { isNewer, type Source, sourceOf, tokenOf } from "./source.ts";
export {
  type IngestCounts,
  type SubgroupStreamInit,
  SubgroupWriter,
  type SubgroupWriterOptions,
} from "./subgroup_writer.ts";
export { Track, type TrackReader } from "./track.ts";
export { firstObjectOf, includesGroup, isUnfiltered, type Window, windowOf } from "./window.ts";
export { type FetchStep, type LocationRange, planFetch } from "./fetch_plan.ts";
