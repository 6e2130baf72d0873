import type { Clock, Log, Tracing } from "@qumo/shared/runtime";
import type { FeedTarget, Publisher, RequestOptions } from "../track/mod.ts";
import type { RemoteTrack } from "./directory.ts";
import type { MeshMetrics } from "./metrics.ts";
import type { Route, Routes } from "./routes.ts";
import type { MeshSettings } from "./settings.ts";

/** A remote track that is wanted here. */
export interface RemoteFeed {
  readonly remote: RemoteTrack;
  /** The way in use; undefined while there is none. */
  readonly route: Route | undefined;
  /** Relays that the track comes by, the next one first; none while it is looked for. */
  readonly path: readonly string[];
  /** Links or routes are different: perhaps there is a better way, or one at all. */
  review(): void;
  /** The relay ends, and the track here with it. */
  close(): void;
}

/** How the feed of a remote track came about. */
export interface RouteFeedInit {
  readonly track: RemoteTrack;
  readonly publisher: Publisher;
  readonly target: FeedTarget;
  readonly options: RequestOptions;
}

/** What the feeds of all remote tracks share. */
export interface RouteContext {
  /** Whether a track may come by these relays: not by this one, nor by too many. */
  readonly accepts: (path: readonly string[]) => boolean;
  /** Whether an origin is a relay that is none of ours. */
  readonly hasOtherRelays: () => boolean;
  readonly routes: Routes;
  readonly settings: MeshSettings;
  readonly metrics: MeshMetrics;
  readonly clock: Clock;
  readonly log: Log;
  readonly tracing: Tracing;
  /** Told of feeds as they begin and end, so that they hear of changes. */
  begun(feed: RemoteFeed): void;
  over(feed: RemoteFeed): void;
  /** The way of a feed is another one. */
  moved(): void;
}
