import type { ControlMessage, ControlMessageOf } from "@qumo/shared/wire";
import type { Refusal } from "../../track/mod.ts";
import type { RequestKind } from "../../vocabulary/mod.ts";
import { isTransportEnd, violation } from "../errors.ts";
import type { Configured, Lifetime, Parties } from "./connection/facets.ts";
import { checkMeshParameters, loopOf } from "./connection/relay_peer.ts";
import { refuse, type RefuseContext } from "./requests/refuse.ts";
import type { PeerIds } from "./requests/request_ids.ts";
import type { RequestChannel } from "./requests/requests.ts";
import type { StopProbes } from "./requests/stop_probe.ts";
import { subjectOf } from "./requests/subject.ts";

/** What {@linkcode RequestRouter} uses of its session. */
export type RouterContext = RefuseContext & Parties & Configured & Lifetime & {
  readonly ids: PeerIds;
  readonly stops: StopProbes;
};

/** What a peer may begin a request with, and what the metrics call it. */
const REQUESTS = {
  subscribe: "subscribe",
  publish: "publish",
  fetch: "fetch",
  trackStatus: "track_status",
  publishNamespace: "publish_namespace",
  subscribeNamespace: "subscribe_namespace",
  subscribeTracks: "subscribe_tracks",
  subscribePrefix: "subscribe_namespace",
} as const satisfies { readonly [Kind in ControlMessage["kind"]]?: RequestKind };

type Kind = keyof typeof REQUESTS;
type Request = ControlMessageOf<Kind>;

/** A request that is served, and goes on without the function that answered it; it reads what the peer says. */
export interface Lasting {
  /** Resolves when the request is over; never rejects. */
  readonly ended: Promise<unknown>;
}

/**
 * Serves one request to its end, or until it goes on by itself, which most requests do for as long as
 * a session: a function that waits for their end would be memory of each. Resolves with the refusal of
 * one that is not served.
 */
type Handler<Message extends Request> = (
  stream: RequestChannel,
  message: Message,
) => Promise<Refusal | Lasting | undefined>;

/** Whoever serves each kind of request. */
export type RequestHandlers = { readonly [K in Kind]: Handler<ControlMessageOf<K>> };

/** What lasts until one side has enough of it. */
const LONG: ReadonlySet<Kind> = new Set([
  "subscribe",
  "publish",
  "publishNamespace",
  "subscribeNamespace",
  "subscribeTracks",
  "subscribePrefix",
]);

/** Hands the requests of a peer to those who serve them, and answers what is refused. */
export class RequestRouter {
  readonly #context: RouterContext;
  readonly #handlers: RequestHandlers;
  #open = 0;

  constructor(context: RouterContext, handlers: RequestHandlers) {
    this.#context = context;
    this.#handlers = handlers;
  }

  /** Serves a request until the peer has said all of it, or until it goes on by itself. */
  async serve(stream: RequestChannel, message: ControlMessage): Promise<void> {
    if (!isRequest(message)) throw violation(`${message.kind} does not begin a request`);
    checkMeshParameters(message, this.#context.peer);
    this.#context.ids.accept(message.requestId);
    const outcome = this.#overload() ?? loopOf(message, this.#context.relayName) ??
      await this.#handle(stream, message);
    // What goes on reads what the peer says: it must not lose any of that to another reader.
    if (isLasting(outcome)) return;
    if (outcome !== undefined) {
      const request = REQUESTS[message.kind];
      refuse(this.#context, stream, { request, subject: subjectOf(message), refusal: outcome });
    }
    await stream.drain();
  }

  async #handle(
    stream: RequestChannel,
    message: Request,
  ): Promise<Refusal | Lasting | undefined> {
    const end = this.#begin(stream, message);
    try {
      const outcome = await this.#dispatch(stream, message);
      if (isLasting(outcome)) void outcome.ended.then(end);
      else end();
      return outcome;
    } catch (error) {
      end();
      if (!isTransportEnd(error)) throw error;
      return undefined;
    }
  }

  /** Counts a request until the returned function is called. */
  #begin(stream: RequestChannel, message: Request): () => void {
    this.#open++;
    const end = this.#context.shutdown.begin();
    const unwatch = LONG.has(message.kind)
      ? this.#context.stops.watch(stream, subjectOf(message))
      : () => {};
    return () => {
      unwatch();
      this.#open--;
      end();
    };
  }

  #dispatch(stream: RequestChannel, message: Request): Promise<Refusal | Lasting | undefined> {
    switch (message.kind) {
      case "subscribe":
        return this.#handlers.subscribe(stream, message);
      case "publish":
        return this.#handlers.publish(stream, message);
      case "fetch":
        return this.#handlers.fetch(stream, message);
      case "trackStatus":
        return this.#handlers.trackStatus(stream, message);
      case "publishNamespace":
        return this.#handlers.publishNamespace(stream, message);
      case "subscribeNamespace":
        return this.#handlers.subscribeNamespace(stream, message);
      case "subscribeTracks":
        return this.#handlers.subscribeTracks(stream, message);
      case "subscribePrefix":
        return this.#handlers.subscribePrefix(stream, message);
    }
  }

  #overload(): Refusal | undefined {
    const { maxRequests } = this.#context.settings.limits;
    const { isDraining } = this.#context.shutdown;
    if (isDraining) return { kind: "going_away", reason: "the relay is going away" };
    if (this.#open < maxRequests) return undefined;
    return {
      kind: "excessive_load",
      reason: `more than ${maxRequests} requests`,
      retryAfter: 1_000,
    };
  }
}

function isLasting(outcome: Refusal | Lasting | undefined): outcome is Lasting {
  return outcome !== undefined && "ended" in outcome;
}

function isRequest(message: ControlMessage): message is Request {
  return message.kind in REQUESTS;
}
