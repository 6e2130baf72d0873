import type { Clock, Log, Tracing } from "@qumo/shared/runtime";
import type { FeedTarget, RequestOptions } from "../track/mod.ts";
import type { RemoteTrack } from "./directory.ts";
import type { MeshMetrics } from "./metrics.ts";
import type { Route, Routes } from "./routes.ts";
import type { MeshSettings } from "./settings.ts";

/** The feed of a remote track that is wanted here. */
export interface RemoteFeed {
  readonly remote: RemoteTrack;
  /** The route in use; undefined while there is none. */
  readonly route: Route | undefined;
  /** The path of the track, the next relay first; empty while there is none. */
  readonly path: readonly string[];
  /** Links or routes have changed: looks for a better route, or for a first one. */
  review(): void;
  /** The relay is shutting down: ends the feed. */
  close(): void;
}

/** How the feed of a remote track was requested. */
export interface RouteFeedInit {
  readonly track: RemoteTrack;
  readonly target: FeedTarget;
  readonly options: RequestOptions;
}

/** What the feeds of all remote tracks share. */
export interface RouteContext {
  /** Whether a path is acceptable: without this relay and not too long. */
  readonly accepts: (path: readonly string[]) => boolean;
  /** Whether an origin is a relay of another program. */
  readonly hasOtherRelays: () => boolean;
  readonly routes: Routes;
  readonly settings: MeshSettings;
  readonly metrics: MeshMetrics;
  readonly clock: Clock;
  readonly log: Log;
  readonly tracing: Tracing;
  /** Called when a feed starts and ends; in between it is notified of changes. */
  feedStarted(feed: RemoteFeed): void;
  feedEnded(feed: RemoteFeed): void;
  /** The route of a feed has changed. */
  routeChanged(): void;
}
