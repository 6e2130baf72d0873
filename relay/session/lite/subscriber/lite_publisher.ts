import { done, type Outcome, refused } from "@qumo/shared/runtime";
import {
  type FullTrackName,
  hasPrefix,
  type LiteTrackInfo,
  type Namespace,
} from "@qumo/shared/wire";
import {
  type FeedTarget,
  type FetchRequest,
  type FetchSink,
  type PendingFetch,
  type Publisher,
  type Refusal,
  type RequestOptions,
  sourceOf,
  tokenOf,
  type TrackStatus,
} from "../../../track/mod.ts";
import { isTransportEnd } from "../../errors.ts";
import type { TrackAliases } from "../../ingest/track_aliases.ts";
import type { LiteContext } from "../context.ts";
import { trackTextOf } from "../dialect/names.ts";
import { propertiesOf } from "../dialect/track_info.ts";
import { askTrackInfo, NO_SUCH_NAME, refusalOf } from "./ask.ts";
import { IncomingGroups } from "./incoming_groups.ts";
import { LiteFeed, type LiteFeedContext } from "./lite_feed.ts";
import { followSubscription } from "./follow_subscription.ts";

/** What {@linkcode LitePublisher} uses of its session. */
export type LitePublisherContext =
  & LiteFeedContext
  & Pick<LiteContext, "id" | "tasks" | "settings" | "streams" | "shutdown" | "events">;

/** The peer as a publisher of tracks. */
export class LitePublisher implements Publisher {
  readonly #context: LitePublisherContext;
  readonly #incoming: TrackAliases<LiteFeed>;
  readonly #session: { readonly since: number; readonly id: number; readonly relay: string };
  readonly #feeds = new Set<LiteFeed>();
  readonly #fetches = new Set<IncomingGroups>();
  #closed = false;
  #lastId = -1n;

  constructor(
    context: LitePublisherContext,
    incoming: TrackAliases<LiteFeed>,
    relayName: string | undefined,
  ) {
    this.#context = context;
    this.#incoming = incoming;
    const { clock, id } = context;
    this.#session = { since: clock.wall(), id, relay: relayName ?? "" };
  }

  get label(): string {
    return `session ${this.#context.id}`;
  }

  /** The number of tracks that the peer delivers or was asked for. */
  get trackCount(): number {
    return this.#feeds.size;
  }

  subscribe(target: FeedTarget, options: RequestOptions = {}): LiteFeed {
    const id = ++this.#lastId;
    const source = sourceOf(tokenOf(this.#session, Number(id)));
    const incoming = this.#incoming;
    const feed = new LiteFeed(target, { id, source, context: this.#context, incoming });
    const refusal = this.#refusal;
    if (refusal !== undefined) {
      feed.refuse(refusal);
      return feed;
    }
    this.#feeds.add(feed);
    const end = this.#context.shutdown.begin();
    this.#context.tasks.spawn("subscribe", async () => {
      try {
        await followSubscription(this.#context, feed, options);
      } finally {
        feed.lose("the publisher's session ended");
        this.#feeds.delete(feed);
        end();
      }
    });
    return feed;
  }

  get #refusal(): Refusal | undefined {
    const { shutdown, settings } = this.#context;
    if (this.#closed) return GONE;
    if (shutdown.isLeaving) return GOING_AWAY;
    return this.#feeds.size < settings.limits.maxPublishedTracks ? undefined : TOO_MANY_TRACKS;
  }

  fetch(request: FetchRequest, sink: FetchSink): PendingFetch {
    const fetch = new IncomingGroups(this.#context, request, sink);
    if (this.#closed || this.#context.shutdown.isLeaving) {
      fetch.cancel(this.#closed ? GONE : GOING_AWAY);
      return fetch;
    }
    this.#fetches.add(fetch);
    const end = this.#context.shutdown.begin();
    this.#context.tasks.spawn("fetch", async () => {
      try {
        await fetch.run();
      } finally {
        fetch.cancel();
        this.#fetches.delete(fetch);
        end();
      }
    });
    return fetch;
  }

  async trackStatus(name: FullTrackName): Promise<Outcome<TrackStatus, Refusal>> {
    const text = trackTextOf(name);
    if (text === undefined) return refused(NO_SUCH_NAME);
    const info = await this.#info(text);
    if (!info.ok) return info;
    return done({ largest: undefined, properties: propertiesOf(info.value).block });
  }

  async #info(
    text: { readonly broadcast: string; readonly track: string },
  ): Promise<Outcome<LiteTrackInfo, Refusal>> {
    try {
      return await askTrackInfo(this.#context, text);
    } catch (error) {
      if (!isTransportEnd(error)) throw error;
      return refused(refusalOf(this.#context.version, error));
    }
  }

  /** Ends the tracks of a namespace that the peer may no longer publish, and what is fetched of them. */
  cut(namespace: Namespace, reason: string): void {
    for (const fetch of [...this.#fetches]) {
      if (!hasPrefix(fetch.track.namespace, namespace)) continue;
      fetch.cancel({ kind: "unauthorized", reason });
    }
    for (const feed of [...this.#feeds]) {
      if (!hasPrefix(feed.target.track.name.namespace, namespace)) continue;
      feed.giveUp("unauthorized", reason);
    }
  }

  /** Ends all feeds and requests; called when the session ends. */
  close(reason: string): void {
    this.#closed = true;
    for (const feed of [...this.#feeds]) feed.lose(reason);
    for (const fetch of [...this.#fetches]) fetch.cancel();
  }
}

const GONE: Refusal = { kind: "does_not_exist", reason: "the publisher is gone" };
const GOING_AWAY: Refusal = { kind: "going_away", reason: "the publisher is going away" };
const TOO_MANY_TRACKS: Refusal = {
  kind: "excessive_load",
  reason: "the publisher has too many tracks",
};
