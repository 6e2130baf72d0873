import { type Outcome, refused } from "@qumo/shared/runtime";
import type { FullTrackName } from "@qumo/shared/wire";
import type {
  Feed,
  FeedTarget,
  FetchRequest,
  FetchSink,
  PendingFetch,
  Publisher,
  Refusal,
  RequestOptions,
  TrackStatus,
} from "../track/mod.ts";
import { NOBODY } from "./refusals.ts";
import type { RouteContext } from "./route_context.ts";
import { RouteFeed } from "./route_feed.ts";
import { RouteFetch } from "./route_fetch.ts";

/** Everything that other relays publish in one scope, as one publisher. */
export class RoutePublisher implements Publisher {
  readonly label = "mesh";
  readonly #scope: string;
  readonly #context: RouteContext;

  constructor(scope: string, context: RouteContext) {
    this.#scope = scope;
    this.#context = context;
  }

  /** Origins of another program do not say where their names come from. */
  get isOtherRelay(): boolean {
    return this.#context.hasOtherRelays();
  }

  subscribe(target: FeedTarget, options: RequestOptions = {}): Feed {
    const track = { scope: this.#scope, name: target.track.name };
    return new RouteFeed({ track, target, options }, this.#context);
  }

  fetch(request: FetchRequest, sink: FetchSink): PendingFetch {
    const track = { scope: this.#scope, name: request.name };
    return new RouteFetch(track, { request, sink }, this.#context.routes);
  }

  async trackStatus(
    name: FullTrackName,
    via: readonly string[] = [],
  ): Promise<Outcome<TrackStatus, Refusal>> {
    let refusal = NOBODY;
    for (const { link } of this.#context.routes.to({ scope: this.#scope, name }, via)) {
      const status = await link.publisher(this.#scope)?.trackStatus(name, via);
      if (status?.ok) return status;
      if (status !== undefined) refusal = status.refusal;
    }
    return refused(refusal);
  }
}
