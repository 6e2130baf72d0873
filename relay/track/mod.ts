/**
 * The model: tracks, their cached objects, their publishers and subscribers. It knows no protocol.
 */
export type { AdvertisedNamespace } from "./names/advertisements.ts";
export type { NamespaceVisibility } from "./names/namespace_listener.ts";
export {
  type AnnouncedRoute,
  compareRoutes,
  costNow,
  DIRECT,
  type RouteTold,
} from "./names/announced_route.ts";
export { comes, type Discovered, type Discovery } from "./names/discovery.ts";
export type {
  Archive,
  KeptEntry,
  KeptGroup,
  KeptObject,
  KeptTrack,
  TrackRecorder,
} from "./sources/archive.ts";
export { awaitPast, backfill } from "./sources/backfill.ts";
export { Cache, type CacheLimits } from "./objects/cache.ts";
export {
  type DatagramOptions,
  type DatagramOutcome,
  writeDatagram,
} from "./objects/datagram_writer.ts";
export type { Demand } from "./sources/demands.ts";
export { MalformedTrack, type Refusal, type TrackEnd } from "./errors.ts";
export type { Feed, FeedChange, FeedTarget, Verdict } from "./sources/feed.ts";
export { FeedLost, FeedWriter, type WrittenFeed } from "./sources/feed_writer.ts";
export { Feeds } from "./sources/feeds.ts";
export type { TrackEntry } from "./sources/track_entry.ts";
export { DatagramObject } from "./objects/datagram_object.ts";
export { type HeadFilter, type ObjectFilter, passes } from "./objects/object_filter.ts";
export type { PastSource } from "./sources/in_turn.ts";
export { MAX_NEAR_FILLS, MAX_TRACKS } from "./limits.ts";
export { LogCursor } from "./objects/log_cursor.ts";
export { takeMemory } from "./objects/pages.ts";
export { sendOrder } from "./objects/send_order.ts";
export type {
  FetchAnswer,
  FetchedObject,
  FetchRequest,
  FetchSink,
  PendingFetch,
  Publisher,
  RequestOptions,
  TrackStatus,
} from "./sources/publisher.ts";
export type {
  DatagramFields,
  ObjectHead,
  Renderer,
  SubgroupFields,
  SubgroupRenderer,
} from "./objects/renderer.ts";
export { Rendering } from "./objects/rendering.ts";
export type { Replacement } from "./sources/replacement.ts";
export { Registry, type RegistryObserver } from "./names/registry.ts";
export { Scope } from "./names/scope.ts";
export type { OpenTrack } from "./names/track_opening.ts";
export { type LogReader, SubgroupLog } from "./objects/subgroup_log.ts";
export { type Source, sourceOf, tokenOf } from "./objects/source.ts";
export type { SubgroupStreamInit, SubgroupWriterOptions } from "./objects/stream_logs.ts";
export { SubgroupWriter } from "./objects/subgroup_writer.ts";
export { Track, type TrackReader } from "./objects/track.ts";
export {
  firstObjectOf,
  includesGroup,
  isUnfiltered,
  lastObjectOf,
  type Window,
  windowOf,
} from "./objects/window.ts";
export { type FetchStep, type LocationRange, planFetch } from "./objects/fetch_plan.ts";
