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

/** Serves one request to its end; resolves with the refusal of one that is not served. */
type Handler<Message extends Request> = (
  stream: RequestChannel,
  message: Message,
) => Promise<Refusal | undefined>;

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

  /** Serves a request until its stream has ended. */
  async serve(stream: RequestChannel, message: ControlMessage): Promise<void> {
    if (!isRequest(message)) throw violation(`${message.kind} does not begin a request`);
    checkMeshParameters(message, this.#context.peer);
    this.#context.ids.accept(message.requestId);
    const refusal = this.#overload() ?? loopOf(message, this.#context.relayName) ??
      await this.#handle(stream, message);
    if (refusal === undefined) return;
    const request = REQUESTS[message.kind];
    refuse(this.#context, stream, { request, subject: subjectOf(message), refusal });
  }

  async #handle(stream: RequestChannel, message: Request): Promise<Refusal | undefined> {
    this.#open++;
    const end = this.#context.shutdown.begin();
    const unwatch = LONG.has(message.kind)
      ? this.#context.stops.watch(stream, subjectOf(message))
      : () => {};
    try {
      return await this.#dispatch(stream, message);
    } catch (error) {
      if (!isTransportEnd(error)) throw error;
      return undefined;
    } finally {
      unwatch();
      this.#open--;
      end();
    }
  }

  #dispatch(stream: RequestChannel, message: Request): Promise<Refusal | undefined> {
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

function isRequest(message: ControlMessage): message is Request {
  return message.kind in REQUESTS;
}
