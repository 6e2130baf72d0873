import { namespaceText } from "@qumo/shared/runtime";
import type { ControlMessage, ControlMessageOf, Namespace, Token } from "@qumo/shared/wire";
import type { Refusal } from "../../track/mod.ts";
import { isTransportEnd, violation } from "../errors.ts";
import { acceptPublish } from "./subscriber/accept_publish.ts";
import type { Announcements } from "./publisher/announcements.ts";
import type { PeerPublisher } from "./subscriber/peer_publisher.ts";
import { Prefixes, type PrefixSlot } from "./publisher/prefixes.ts";
import { checkMeshParameters, loopOf } from "./connection/relay_peer.ts";
import { hint, refuse } from "./requests/refuse.ts";
import type { RequestChannel, RequestSubject } from "./requests/requests.ts";
import { FetchServer, type FetchServerContext } from "./publisher/fetch_server.ts";
import { type NamespaceContext, serveNamespaces } from "./publisher/serve_namespaces.ts";
import {
  SubscriptionServer,
  type SubscriptionServerContext,
} from "./publisher/subscription_server.ts";
import { serveTrackStatus } from "./publisher/serve_track_status.ts";
import { SubscriptionTable } from "./publisher/subscription_table.ts";
import { TrackOffers, type TrackOffersContext } from "./publisher/track_offers.ts";
import type { RequestKind } from "../../vocabulary.ts";
import { requestOk } from "./requests/answers.ts";

/** The interfaces that {@linkcode RequestRouter} and its handlers use of their session. */
export type RouterContext =
  & SubscriptionServerContext
  & FetchServerContext
  & TrackOffersContext
  & NamespaceContext
  & { readonly refusesNew: boolean };

/** Messages that may start a request. */
type Request = ControlMessageOf<
  | "subscribe"
  | "publish"
  | "fetch"
  | "trackStatus"
  | "publishNamespace"
  | "subscribeNamespace"
  | "subscribeTracks"
>;

const METRIC_KINDS: Record<Request["kind"], RequestKind> = {
  subscribe: "subscribe",
  publish: "publish",
  fetch: "fetch",
  trackStatus: "track_status",
  publishNamespace: "publish_namespace",
  subscribeNamespace: "subscribe_namespace",
  subscribeTracks: "subscribe_tracks",
};

/** Requests that last until one side ends them. */
const LONG: ReadonlySet<Request["kind"]> = new Set([
  "subscribe",
  "publish",
  "publishNamespace",
  "subscribeNamespace",
  "subscribeTracks",
]);

/** Dispatches the peer's requests, each on its stream. */
export class RequestRouter {
  readonly #context: RouterContext;
  readonly #publisher: PeerPublisher;
  readonly #announcements: Announcements;
  readonly #table: SubscriptionTable;
  readonly #subscriptions: SubscriptionServer;
  // Created with the first such request: most sessions have none.
  #fetches: FetchServer | undefined;
  #offers: TrackOffers | undefined;
  #namespacePrefixes: Prefixes | undefined;
  #trackPrefixes: Prefixes | undefined;
  #open = 0;

  constructor(context: RouterContext, publisher: PeerPublisher, announcements: Announcements) {
    this.#context = context;
    this.#publisher = publisher;
    this.#announcements = announcements;
    const table = this.#table = new SubscriptionTable(context);
    this.#subscriptions = new SubscriptionServer(context, table);
  }

  get subscriptionCount(): number {
    return this.#table.count;
  }

  /** The number of subscriptions to tracks of other relays. */
  get remoteCount(): number {
    return this.#table.remoteCount;
  }

  /** Serves a request until its stream has ended. */
  async serve(stream: RequestChannel, message: ControlMessage): Promise<void> {
    if (!isRequest(message)) {
      throw violation(`${message.kind} does not begin a request`);
    }
    stream.subject = subjectOf(message);
    checkMeshParameters(message, this.#context.peer);
    this.#context.ids.accept(message.requestId);
    const refusal = this.#overload() ?? loopOf(message, this.#context.relayName);
    if (refusal !== undefined) return this.#refuse(stream, message.kind, refusal);
    this.#open++;
    const end = this.#context.begin();
    const unwatch = LONG.has(message.kind) ? this.#context.stops.watch(stream) : () => {};
    try {
      await this.#dispatch(stream, message);
    } catch (error) {
      if (!isTransportEnd(error)) throw error;
    } finally {
      unwatch();
      this.#open--;
      end();
    }
  }

  /** Ends all requests; called when the session ends. */
  close(): void {
    this.#table.close();
    this.#fetches?.close();
  }

  #overload(): Refusal | undefined {
    const { maxRequests } = this.#context.settings.limits;
    if (this.#context.refusesNew) return { kind: "going_away", reason: "the relay is going away" };
    if (this.#open < maxRequests) return undefined;
    return {
      kind: "excessive_load",
      reason: `more than ${maxRequests} requests`,
      retryAfter: 1_000,
    };
  }

  #dispatch(stream: RequestChannel, message: Request): Promise<void> {
    switch (message.kind) {
      case "subscribe":
        return this.#subscriptions.subscribe(stream, message);
      case "trackStatus":
        return serveTrackStatus(this.#context, stream, message);
      case "fetch":
        this.#fetches ??= new FetchServer(this.#context, this.#table);
        return this.#fetches.fetch(stream, message);
      case "publish":
        return acceptPublish(this.#context, this.#publisher, stream, message);
      case "publishNamespace":
        return this.#announcements.accept(stream, message);
      case "subscribeNamespace":
        return this.#watch(
          stream,
          message,
          this.#namespacePrefixes ??= new Prefixes(),
          (slot) => serveNamespaces(this.#context, stream, message, slot),
        );
      case "subscribeTracks":
        return this.#watch(
          stream,
          message,
          this.#trackPrefixes ??= new Prefixes(),
          (slot) => this.#trackOffers().serve(stream, message, slot),
        );
    }
  }

  #trackOffers(): TrackOffers {
    return this.#offers ??= new TrackOffers(this.#context, this.#table, this.#publisher);
  }

  /** The common part of SUBSCRIBE_NAMESPACE and SUBSCRIBE_TRACKS. */
  async #watch(
    stream: RequestChannel,
    message: Request & {
      readonly prefix: Namespace;
      readonly parameters: { readonly authorizationTokens?: readonly Token[] };
    },
    prefixes: Prefixes,
    serve: (slot: PrefixSlot) => Promise<void>,
  ): Promise<void> {
    const action = message.kind === "subscribeTracks" ? "subscribe_tracks" : "subscribe_namespace";
    const { authorizationTokens } = message.parameters;
    const outcome = await this.#context.authorize(
      action,
      { namespace: message.prefix },
      authorizationTokens,
    );
    if (!outcome.ok) return this.#refuse(stream, message.kind, outcome.refusal);
    const { maxNamespaceSubscriptions } = this.#context.settings.limits;
    if (prefixes.size >= maxNamespaceSubscriptions) {
      const reason = `more than ${maxNamespaceSubscriptions} prefixes`;
      return this.#refuse(stream, message.kind, { kind: "excessive_load", reason });
    }
    const slot = await prefixes.take(message.prefix, () => this.#context.stops.isCancelled(stream));
    if ("kind" in slot) return this.#refuse(stream, message.kind, slot);
    this.#context.metrics.requests[action].ok++;
    this.#sayWatched(message.kind, message.prefix);
    stream.send(requestOk());
    try {
      await serve(slot);
    } finally {
      slot.release();
    }
  }

  #sayWatched(request: Request["kind"], prefix: Namespace): void {
    const { scope, events } = this.#context;
    const isEmpty = !scope.hasUnder(prefix);
    events.say("prefix watched", {
      request: METRIC_KINDS[request],
      prefix: namespaceText(prefix),
      path: scope.path,
      ...(isEmpty && hint(this.#context.pathsThatHave(prefix))),
    });
  }

  #refuse(stream: RequestChannel, kind: Request["kind"], refusal: Refusal): void {
    refuse(this.#context, stream, { request: METRIC_KINDS[kind], refusal });
  }
}

function subjectOf(message: Request): RequestSubject {
  switch (message.kind) {
    case "subscribe":
    case "trackStatus":
    case "publish":
      return message.track;
    case "fetch":
      return message.range.type === "standalone" ? message.range.track : { namespace: [] };
    case "publishNamespace":
      return message;
    case "subscribeNamespace":
    case "subscribeTracks":
      return { namespace: message.prefix };
  }
}

function isRequest(message: ControlMessage): message is Request {
  return message.kind in METRIC_KINDS;
}
