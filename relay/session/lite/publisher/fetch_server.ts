import { trackText } from "@qumo/shared/runtime";
import { type LiteFetch, WHOLE_GROUP } from "@qumo/shared/wire";
import {
  type LocationRange,
  type PastSource,
  type Refusal,
  sendOrder,
  type TrackEntry,
} from "../../../track/mod.ts";
import { ObjectFetch } from "../../delivery/object_fetch.ts";
import type { ObjectStreams } from "../../delivery/object_streams.ts";
import { DEFAULT_FILL_TIMEOUT_MS } from "../../limits.ts";
import type { LiteContext } from "../context.ts";
import { trackNameOf } from "../dialect/names.ts";
import { turnPriority } from "../dialect/priority.ts";
import { liteRenderer } from "../dialect/renderer.ts";
import type { LiteStream } from "../lite_stream.ts";
import { FetchedFrames } from "./fetched_frames.ts";

/** What {@linkcode FetchServer} uses of its session. */
export type FetchServerContext = Pick<
  LiteContext,
  "version" | "connection" | "clock" | "metrics" | "events" | "settings" | "scope" | "authorize"
>;

/** Serves FETCH of a group: from the cache as far as possible, then from a publisher. */
export class FetchServer {
  readonly #context: FetchServerContext;
  readonly #streams: ObjectStreams;
  readonly #active = new Set<ObjectFetch>();

  constructor(context: FetchServerContext, streams: ObjectStreams) {
    this.#context = context;
    this.#streams = streams;
  }

  /** Cancels all fetches; called when the session ends. */
  close(): void {
    for (const fetch of this.#active) fetch.cancel("session_closed");
  }

  /** Delivers a group, unless that is refused. */
  async serve(stream: LiteStream, message: LiteFetch): Promise<Refusal | undefined> {
    const { limits } = this.#context.settings;
    if (this.#active.size >= limits.maxFetches) {
      return { kind: "excessive_load", reason: `more than ${limits.maxFetches} fetches` };
    }
    const track = trackNameOf(message.broadcast, message.track);
    if (track === undefined) return NO_NAME;
    const { namespace } = track;
    const allowed = await this.#context.authorize("fetch", { namespace, track });
    if (!allowed.ok) return allowed.refusal;
    const permit = allowed.value;
    const { scope, metrics } = this.#context;
    const fetch = this.#fetchOf(stream, message, trackText(track));
    stream.onStopped(() => fetch.cancel("cancelled"));
    permit.onLost(() => fetch.cancel("expired_auth_token"));
    this.#active.add(fetch);
    try {
      await scope.lookUp(track);
      const source = scope.sourceOf(track);
      const entry = scope.find(track);
      if (entry?.feeds.established) return await this.#fromCache(fetch, message, entry, source);
      if (source === undefined) return NO_PUBLISHER;
      const fetching = fetch.fromPublisher(source, track, rangeOf(message));
      const answer = await fetching.answer;
      if (!answer.ok) return answer.refusal;
      metrics.requests.fetch.ok++;
      await fetch.finishFrom(fetching);
      return undefined;
    } finally {
      permit.release();
      fetch.cancel("internal_error");
      this.#active.delete(fetch);
    }
  }

  async #fromCache(
    fetch: ObjectFetch,
    message: LiteFetch,
    { track }: TrackEntry,
    source: PastSource | undefined,
  ): Promise<Refusal | undefined> {
    const { clock, metrics, settings } = this.#context;
    if (track.largest === undefined || message.group > track.largest.group) return NOT_BEGUN;
    metrics.requests.fetch.ok++;
    const wait = Math.min(DEFAULT_FILL_TIMEOUT_MS, settings.requestTimeoutMs);
    const timer = clock.after(wait, () => fetch.stopFilling());
    try {
      await fetch.fromCache(track, rangeOf(message), source);
    } finally {
      timer.cancel();
    }
    return undefined;
  }

  #fetchOf(stream: LiteStream, message: LiteFetch, track: string): ObjectFetch {
    const { version, clock } = this.#context;
    return new ObjectFetch({ ...this.#context, streams: this.#streams }, {
      order: "ascending",
      sendOrder: sendOrder({
        subscriberPriority: turnPriority(message.priority),
        publisherPriority: 128,
        order: "ascending",
        groupOrdinal: 0,
        subgroup: 0n,
      }),
      output: new FetchedFrames(liteRenderer(version), message, () => clock.now()),
      header: new Uint8Array(),
      stream: stream.output,
      subject: { track },
      via: [],
    });
  }
}

function rangeOf({ group, startFrame, endFrame }: LiteFetch): LocationRange {
  return {
    start: { group, object: startFrame },
    end: { group, object: endFrame ?? WHOLE_GROUP },
  };
}

const NO_NAME: Refusal = { kind: "does_not_exist", reason: "no track can have this name" };
const NO_PUBLISHER: Refusal = { kind: "does_not_exist", reason: "nobody publishes the track" };
const NOT_BEGUN: Refusal = { kind: "invalid_range", reason: "the group has not begun" };
