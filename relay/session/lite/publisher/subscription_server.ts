import { done, type Outcome, refused, trackText } from "@qumo/shared/runtime";
import type { FullTrackName, LiteSubscribe, StreamErrorName } from "@qumo/shared/wire";
import { backfill, type OpenTrack, type Refusal } from "../../../track/mod.ts";
import type { ObjectStreams } from "../../delivery/object_streams.ts";
import type { Permit } from "../../rights.ts";
import type { LiteContext } from "../context.ts";
import { trackNameOf } from "../dialect/names.ts";
import type { LiteStream } from "../lite_stream.ts";
import { ServedTrack, type ServedTrackContext } from "./served_track.ts";
import { inSubscriptionSpan } from "./subscription_span.ts";
import { wantsCurrent } from "./subscription_options.ts";

/** What {@linkcode SubscriptionServer} uses of its session. */
export type SubscriptionServerContext =
  & ServedTrackContext
  & Pick<LiteContext, "id" | "tracing" | "scope" | "authorize">;

/** Serves the tracks that the peer subscribes to. */
export class SubscriptionServer {
  readonly #context: SubscriptionServerContext;
  readonly #streams: ObjectStreams;
  // By subscribe id; undefined while the track is opened.
  readonly #served = new Map<bigint, ServedTrack | undefined>();

  constructor(context: SubscriptionServerContext, streams: ObjectStreams) {
    this.#context = context;
    this.#streams = streams;
  }

  /** The number of subscriptions that are served or being prepared. */
  get count(): number {
    return this.#served.size;
  }

  /** Ends all subscriptions; called when the session ends. */
  close(): void {
    for (const served of this.#served.values()) served?.cancel();
  }

  /** Serves a subscription until it ends, unless it is refused. */
  serve(stream: LiteStream, message: LiteSubscribe): Promise<Refusal | undefined> {
    const name = trackNameOf(message.broadcast, message.track);
    const refusal = this.#precheck(message);
    if (name === undefined || refusal !== undefined) return Promise.resolve(refusal ?? NO_NAME);
    this.#served.set(message.id, undefined);
    return inSubscriptionSpan(this.#context, name, async () => {
      try {
        return await this.#serve(stream, message, name);
      } finally {
        this.#served.delete(message.id);
      }
    });
  }

  #precheck({ id }: LiteSubscribe): Refusal | undefined {
    const { maxSubscriptions } = this.#context.settings.limits;
    if (this.#served.has(id)) {
      return { kind: "duplicate_subscription", reason: `the id ${id} is in use` };
    }
    if (this.#served.size < maxSubscriptions) return undefined;
    return { kind: "excessive_load", reason: `more than ${maxSubscriptions} subscriptions` };
  }

  async #serve(
    stream: LiteStream,
    message: LiteSubscribe,
    name: FullTrackName,
  ): Promise<Outcome<string | undefined, Refusal>> {
    const allowed = await this.#context.authorize("subscribe", {
      namespace: name.namespace,
      track: name,
    });
    if (!allowed.ok) return allowed;
    const permit = allowed.value;
    try {
      return await this.#serveWith(stream, message, { name, permit });
    } finally {
      permit.release();
    }
  }

  async #serveWith(
    stream: LiteStream,
    message: LiteSubscribe,
    { name, permit }: { readonly name: FullTrackName; readonly permit: Permit },
  ): Promise<Outcome<string | undefined, Refusal>> {
    const { metrics, events, scope, tasks } = this.#context;
    // Nothing would end what begins when the session is over.
    if (tasks.signal.aborted) return done(undefined);
    const gone = new AbortController();
    const updates = new Updates(this.#context, stream, () => gone.abort());
    permit.onLost(({ reason }) => {
      events.say("subscription cut", { track: trackText(name), reason });
      updates.cut();
    });
    const opened = await scope.open(name, {
      rendezvous: 0,
      forward: true,
      past: true,
      signal: gone.signal,
    });
    if (!opened.ok) {
      if (!gone.signal.aborted) return opened;
      metrics.requests.subscribe.cancelled++;
      stream.cancel("cancelled");
      return done(undefined);
    }
    const { track } = opened.value;
    const { unknownMandatory } = track.properties;
    if (unknownMandatory.length > 0) {
      opened.value.demand.release();
      return refused(unsupported(unknownMandatory));
    }
    if (opened.value.feeds.demand === 1) {
      events.say("first subscriber of a track", { track: trackText(name), path: scope.path });
    }
    return await this.#deliver(stream, message, { opened: opened.value, updates });
  }

  async #deliver(
    stream: LiteStream,
    message: LiteSubscribe,
    { opened, updates }: { readonly opened: OpenTrack; readonly updates: Updates },
  ): Promise<Outcome<string | undefined, Refusal>> {
    const { metrics, tasks, clock, events, scope } = this.#context;
    const served = new ServedTrack(this.#context, this.#streams, { opened, stream, message });
    this.#served.set(message.id, served);
    metrics.requests.subscribe.ok++;
    updates.goTo(served);
    served.start();
    if (wantsCurrent(message, opened.track.largest)) {
      tasks.spawn("backfill", (signal) => backfill(opened, { clock, signal }));
    }
    const end = await served.ended;
    if (opened.feeds.demand === 0) {
      const track = trackText(opened.track.name);
      events.say("last subscriber of a track left", { track, path: scope.path });
    }
    return done(end);
  }
}

/** Reads a subscription's stream, from before it is served: the subscriber may leave at any time. */
class Updates {
  #served: ServedTrack | undefined;
  #isOver = false;
  readonly #left: () => void;

  constructor(
    { tasks, version, metrics }: SubscriptionServerContext,
    stream: LiteStream,
    left: () => void,
  ) {
    this.#left = left;
    stream.onStopped(() => this.#leave());
    tasks.spawn("subscription updates", async () => {
      try {
        for (;;) {
          const update = await stream.next(version.messages.subscribeUpdate);
          if (update === undefined) return;
          metrics.requests.request_update.ok++;
          this.#served?.update(update);
        }
      } finally {
        this.#leave();
      }
    });
  }

  /** Passes what comes on to the subscription. */
  goTo(served: ServedTrack): void {
    this.#served = served;
    if (this.#isOver) served.cancel();
  }

  /** The subscriber may no longer have the track. */
  cut(): void {
    this.#leave("expired_auth_token");
  }

  #leave(code?: StreamErrorName): void {
    this.#isOver = true;
    this.#left();
    this.#served?.cancel(code);
  }
}

function unsupported(properties: readonly bigint[]): Refusal {
  const reason = `unknown mandatory properties: ${properties.join(" ")}`;
  return { kind: "unsupported_extension", reason };
}

const NO_NAME: Refusal = { kind: "does_not_exist", reason: "no track can have this name" };
