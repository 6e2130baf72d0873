import type { TaskGroup } from "@qumo/shared/runtime";
import { type ControlMessageOf, namespaceKey } from "@qumo/shared/wire";
import type { SessionLink } from "../session_options.ts";
import type { Collaborators } from "./collaborators.ts";
import { Announcements } from "./publisher/announcements.ts";
import { FetchServer } from "./publisher/fetch_server.ts";
import { NamespaceOffers } from "./publisher/namespace_offers.ts";
import { EitherOffers } from "./publisher/either_offers.ts";
import { PrefixServer } from "./publisher/prefix_server.ts";
import { serveTrackStatus } from "./publisher/serve_track_status.ts";
import { SubscriptionServer } from "./publisher/subscription_server.ts";
import { SubscriptionTable } from "./publisher/subscription_table.ts";
import { TrackOffers } from "./publisher/track_offers.ts";
import { type RequestHandlers, RequestRouter } from "./request_router.ts";
import { acceptPublish } from "./subscriber/accept_publish.ts";
import { announceNamespace } from "./requests/namespace_requests.ts";
import type { RequestChannel } from "./requests/requests.ts";
import type { PeerPublisher } from "./subscriber/peer_publisher.ts";

/** What {@linkcode Serving} needs beside the session's collaborators. */
export interface ServingParts {
  /** The peer as a publisher, made when there is need of it. */
  readonly publisher: () => PeerPublisher;
  /** What is different in a session that we began. */
  readonly link: SessionLink | undefined;
}

/** The other side of a session: the peer's requests, and the tracks that we send it. */
export class Serving implements RequestHandlers {
  readonly router: RequestRouter;
  readonly #collaborators: Collaborators;
  readonly #parts: ServingParts;
  readonly #subscriptions: SubscriptionTable;
  readonly #subscriptionServer: SubscriptionServer;
  // Created with the first such request: most sessions have none.
  #announcements: Announcements | undefined;
  #fetches: FetchServer | undefined;
  #unwatch: () => void = () => {};
  #namespaces: PrefixServer<ControlMessageOf<"subscribeNamespace">> | undefined;
  #tracks: PrefixServer<ControlMessageOf<"subscribeTracks">> | undefined;
  #either: PrefixServer<ControlMessageOf<"subscribePrefix">> | undefined;

  constructor(collaborators: Collaborators, parts: ServingParts) {
    this.#collaborators = collaborators;
    this.#parts = parts;
    this.#subscriptions = new SubscriptionTable(collaborators);
    this.#subscriptionServer = new SubscriptionServer(collaborators, this.#subscriptions);
    this.router = new RequestRouter(collaborators, this);
  }

  /** Subscriptions that the peer is served. */
  get subscriptionCount(): number {
    return this.#subscriptions.count;
  }

  /** Of these, tracks of other relays. */
  get remoteCount(): number {
    return this.#subscriptions.remoteCount;
  }

  /** The namespaces that the peer publishes. */
  get namespaceCount(): number {
    return this.#announcements?.count ?? 0;
  }

  get announcements(): Announcements {
    if (this.#announcements !== undefined) return this.#announcements;
    const { scope } = this.#collaborators;
    const { publisher, link } = this.#parts;
    return this.#announcements = new Announcements(
      this.#collaborators,
      publisher,
      link?.advertise ??
        ((namespace, told) => scope.advertise(namespace, publisher(), told && { told })),
    );
  }

  /** Streams of objects that are left open since they cannot be reset. */
  get parkedStreams(): number {
    return this.#collaborators.streams.unfinished.parkedCount;
  }

  /** Announces what is published here, if the peer is to be told of it unasked. */
  announce(tasks: TaskGroup): void {
    const { scope, requests } = this.#collaborators;
    const { announced } = this.#parts.link ?? {};
    if (announced === undefined) return;
    const withdrawals = new Map<string, () => void>();
    this.#unwatch = scope.watchNamespaces([], {
      added: (namespace) => {
        const withdraw = announceNamespace(
          requests,
          tasks,
          namespace,
          (refusal) => announced(namespace, refusal),
        );
        withdrawals.set(namespaceKey(namespace), withdraw);
      },
      removed: (namespace) => withdrawals.get(namespaceKey(namespace))?.(),
    }, "local");
  }

  /** Ends all requests; called when the session ends. */
  stop(): void {
    this.#unwatch();
    this.#subscriptions.close();
    this.#fetches?.close();
  }

  /** Releases the streams of objects, when all tasks have ended. */
  close(): void {
    this.#collaborators.streams.close();
  }

  subscribe(stream: RequestChannel, message: ControlMessageOf<"subscribe">) {
    return this.#subscriptionServer.subscribe(stream, message);
  }

  fetch(stream: RequestChannel, message: ControlMessageOf<"fetch">) {
    this.#fetches ??= new FetchServer(this.#collaborators, this.#subscriptions);
    return this.#fetches.fetch(stream, message);
  }

  trackStatus(stream: RequestChannel, message: ControlMessageOf<"trackStatus">) {
    return serveTrackStatus(this.#collaborators, stream, message);
  }

  publish(stream: RequestChannel, message: ControlMessageOf<"publish">) {
    return acceptPublish(this.#collaborators, this.#parts.publisher(), stream, message);
  }

  publishNamespace(stream: RequestChannel, message: ControlMessageOf<"publishNamespace">) {
    return this.announcements.accept(stream, message);
  }

  subscribeNamespace(stream: RequestChannel, message: ControlMessageOf<"subscribeNamespace">) {
    this.#namespaces ??= new PrefixServer(this.#collaborators, this.#namespaceOffers());
    return this.#namespaces.serve(stream, message);
  }

  subscribeTracks(stream: RequestChannel, message: ControlMessageOf<"subscribeTracks">) {
    this.#tracks ??= new PrefixServer(this.#collaborators, this.#trackOffers());
    return this.#tracks.serve(stream, message);
  }

  subscribePrefix(stream: RequestChannel, message: ControlMessageOf<"subscribePrefix">) {
    this.#either ??= new PrefixServer(
      this.#collaborators,
      new EitherOffers({ namespaces: this.#namespaceOffers(), tracks: this.#trackOffers() }),
    );
    return this.#either.serve(stream, message);
  }

  #namespaceOffers(): NamespaceOffers {
    return new NamespaceOffers(this.#collaborators, this.#parts.publisher());
  }

  #trackOffers(): TrackOffers {
    return new TrackOffers(this.#collaborators, this.#subscriptions, this.#parts.publisher());
  }
}
