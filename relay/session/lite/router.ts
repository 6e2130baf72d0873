import type { Refusal } from "../../track/mod.ts";
import { isTransportEnd } from "../errors.ts";
import type { LiteContext } from "./context.ts";
import type { LiteStream } from "./lite_stream.ts";
import type { Announcer } from "./publisher/announcer.ts";
import type { FetchServer } from "./publisher/fetch_server.ts";
import { serveTrackInfo, type TrackInfoContext } from "./publisher/serve_track_info.ts";
import type { SubscriptionServer } from "./publisher/subscription_server.ts";
import { prefixSubject, PROBE_SUBJECT, type Subject, trackSubject } from "./requests.ts";

/** What {@linkcode LiteRouter} uses of its session. */
export type RouterContext =
  & TrackInfoContext
  & Pick<LiteContext, "version" | "settings" | "metrics" | "events" | "shutdown" | "registry">;

/** Who serves the peer's requests. */
export interface LiteHandlers {
  readonly announcer: Announcer;
  readonly subscriptions: SubscriptionServer;
  readonly fetches: FetchServer;
  /** The peer asks us to leave. */
  readonly onGoaway: (uri: string) => void;
}

/** A request as it came, and who serves it. */
interface Request {
  readonly subject: Subject;
  readonly serve: () => Promise<Refusal | undefined>;
}

/** Reads what the peer's streams ask for, and has it served. */
export class LiteRouter {
  readonly #context: RouterContext;
  readonly #handlers: LiteHandlers;
  #open = 0;

  constructor(context: RouterContext, handlers: LiteHandlers) {
    this.#context = context;
    this.#handlers = handlers;
  }

  /** Reads a request behind its type; undefined when the stream ends before or is for nothing. */
  async read(stream: LiteStream, type: bigint): Promise<Request | undefined> {
    const { requests, messages } = this.#context.version;
    const { announcer, subscriptions, fetches } = this.#handlers;
    switch (type) {
      case requests.announce: {
        const message = await stream.next(messages.announceRequest);
        if (message === undefined) return undefined;
        const serve = () => announcer.serve(stream, message);
        return { subject: prefixSubject(message.prefix), serve };
      }
      case requests.subscribe: {
        const message = await stream.next(messages.subscribe);
        if (message === undefined) return undefined;
        const serve = () => subscriptions.serve(stream, message);
        return { subject: trackSubject("subscribe", message), serve };
      }
      case requests.fetch: {
        const message = await stream.next(messages.fetch);
        if (message === undefined) return undefined;
        const serve = () => fetches.serve(stream, message);
        return { subject: trackSubject("fetch", message), serve };
      }
      case requests.track: {
        const message = await stream.next(messages.track!);
        if (message === undefined) return undefined;
        const serve = () => serveTrackInfo(this.#context, stream, message);
        return { subject: trackSubject("track_status", message), serve };
      }
      case requests.goaway: {
        const message = await stream.next(messages.goaway!);
        if (message !== undefined) this.#handlers.onGoaway(message.uri);
        return undefined;
      }
      case requests.probe:
        // It begins with a message, which some leave out: there is nothing in it that is needed.
        return { subject: PROBE_SUBJECT, serve: () => Promise.resolve(NOT_MEASURED) };
    }
    stream.refuse("not_supported");
    return undefined;
  }

  /** Serves a request until it ends. */
  async serve(stream: LiteStream, { subject, serve }: Request): Promise<void> {
    const overload = this.#overload();
    if (overload !== undefined) return this.#refuse(stream, subject, overload);
    this.#open++;
    const end = this.#context.shutdown.begin();
    try {
      const refusal = await serve();
      if (refusal !== undefined) this.#refuse(stream, subject, refusal);
    } catch (error) {
      if (!isTransportEnd(error)) throw error;
      stream.cancel("cancelled");
    } finally {
      this.#open--;
      end();
    }
  }

  #overload(): Refusal | undefined {
    const { shutdown, settings: { limits: { maxRequests } } } = this.#context;
    if (shutdown.isDraining) return { kind: "going_away", reason: "the relay is going away" };
    if (this.#open < maxRequests) return undefined;
    return { kind: "excessive_load", reason: `more than ${maxRequests} requests` };
  }

  #refuse(stream: LiteStream, { kind, fields }: Subject, refusal: Refusal): void {
    const { metrics, events } = this.#context;
    metrics.requests[kind][refusal.kind]++;
    events.say("request refused", {
      request: kind,
      ...fields,
      refusal: refusal.kind,
      reason: refusal.reason,
    });
    stream.refuse(refusal.kind);
  }
}

/** SETUP says so (level none); who has no SETUP to read it in, before 05, asks in vain. */
const NOT_MEASURED: Refusal = {
  kind: "not_supported",
  reason: "the rate of a connection is not known",
};
