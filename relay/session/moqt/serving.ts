import type { TaskGroup } from "@qumo/shared/runtime";
import { type ControlMessageOf, namespaceKey } from "@qumo/shared/wire";
import { MAX_PARKED_STREAMS, RELAY_LIMIT_FACTOR } from "../limits.ts";
import type { SessionLink } from "../session_options.ts";
import type { Collaborators } from "./collaborators.ts";
import type { Visibility } from "./connection/facets.ts";
import { isRelay, understandsCuts } from "./connection/relay_peer.ts";
import { Announcements } from "./publisher/announcements.ts";
import { FetchServer } from "./publisher/fetch_server.ts";
import { NamespaceOffers } from "./publisher/namespace_offers.ts";
import { ObjectStreams } from "../delivery/object_streams.ts";
import { EitherOffers } from "./publisher/either_offers.ts";
import { type PrefixContext, PrefixServer } from "./publisher/prefix_server.ts";
import { serveTrackStatus } from "./publisher/serve_track_status.ts";
import { SubscriptionServer } from "./publisher/subscription_server.ts";
import { SubscriptionTable } from "./publisher/subscription_table.ts";
import { TrackOffers } from "./publisher/track_offers.ts";
import { type RequestHandlers, RequestRouter } from "./request_router.ts";
import { acceptPublish } from "./subscriber/accept_publish.ts";
import { announceNamespace } from "./requests/namespace_requests.ts";
import type { PeerPublisher } from "./subscriber/peer_publisher.ts";

/** What {@linkcode Serving} needs beside the session's collaborators. */
export interface ServingParts {
  /** The peer as a publisher. */
  readonly publisher: PeerPublisher;
  /** What is different in a session that we began. */
  readonly link: SessionLink | undefined;
}

/** The other side of a session: the peer's requests, and the tracks that we send it. */
export class Serving {
  readonly announcements: Announcements;
  readonly router: RequestRouter;
  readonly #collaborators: Collaborators;
  readonly #parts: ServingParts;
  readonly #streams: ObjectStreams;
  readonly #subscriptions: SubscriptionTable;
  // Created with the first such request: most sessions have none.
  #fetches: FetchServer | undefined;
  #unwatch: () => void = () => {};
  #namespaces: PrefixServer<ControlMessageOf<"subscribeNamespace">> | undefined;
  #tracks: PrefixServer<ControlMessageOf<"subscribeTracks">> | undefined;
  #either: PrefixServer<ControlMessageOf<"subscribePrefix">> | undefined;

  constructor(collaborators: Collaborators, parts: ServingParts) {
    this.#collaborators = collaborators;
    this.#parts = parts;
    const { reporting, timing, wire, parties, rules, names, asking, ending } = collaborators;
    const codes = wire.draft.streamCodes;
    const { peer } = parties;
    this.#streams = new ObjectStreams({
      ...reporting,
      ...timing,
      ...wire,
      codes,
      understandsCuts: understandsCuts(peer),
      maxParked: MAX_PARKED_STREAMS * (isRelay(peer) ? RELAY_LIMIT_FACTOR : 1),
    });
    this.#subscriptions = new SubscriptionTable(this.#delivery());
    const { publisher, link } = parts;
    const requests = { ...reporting, ...rules, ...names, ...asking };
    this.announcements = new Announcements(
      { ...requests, ...parties },
      publisher,
      link?.advertise ??
        ((namespace, told) => names.scope.advertise(namespace, publisher, told && { told })),
    );
    this.router = new RequestRouter({ ...requests, ...parties, ...ending }, this.#handlers());
  }

  /** Subscriptions that the peer is served. */
  get subscriptionCount(): number {
    return this.#subscriptions.count;
  }

  /** Of these, tracks of other relays. */
  get remoteCount(): number {
    return this.#subscriptions.remoteCount;
  }

  /** Streams of objects that are left open since they cannot be reset. */
  get parkedStreams(): number {
    return this.#streams.unfinished.parkedCount;
  }

  /** Announces what is published here, if the peer is to be told of it unasked. */
  announce(tasks: TaskGroup): void {
    const { names: { scope }, asking: { requests } } = this.#collaborators;
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
    this.#streams.close();
  }

  #handlers(): RequestHandlers {
    const { session, reporting, wire, parties, rules, names } = this.#collaborators;
    const { publisher } = this.#parts;
    const subscriptions = new SubscriptionServer(
      { ...this.#delivery(), ...rules, ...names, ...session },
      this.#subscriptions,
    );
    const tracks = { ...reporting, ...wire, ...parties, ...rules, ...names };
    return {
      subscribe: (stream, message) => subscriptions.subscribe(stream, message),
      fetch: (stream, message) => this.#fetchServer().fetch(stream, message),
      trackStatus: (stream, message) => serveTrackStatus(tracks, stream, message),
      publish: (stream, message) => acceptPublish(tracks, publisher, stream, message),
      publishNamespace: (stream, message) => this.announcements.accept(stream, message),
      subscribeNamespace: (stream, message) => this.#namespaceServer().serve(stream, message),
      subscribeTracks: (stream, message) => this.#trackServer().serve(stream, message),
      subscribePrefix: (stream, message) => this.#prefixServer().serve(stream, message),
    };
  }

  /** What sends tracks works with. */
  #delivery() {
    const { reporting, timing, wire, parties, rules: { settings }, asking } = this.#collaborators;
    const streams = this.#streams;
    return { ...reporting, ...timing, ...wire, ...parties, ...asking, settings, streams };
  }

  #fetchServer(): FetchServer {
    const { rules, names } = this.#collaborators;
    return this.#fetches ??= new FetchServer(
      { ...this.#delivery(), ...rules, ...names },
      this.#subscriptions,
    );
  }

  #namespaceServer(): PrefixServer<ControlMessageOf<"subscribeNamespace">> {
    return this.#namespaces ??= new PrefixServer(this.#prefixContext(), this.#namespaceOffers());
  }

  #trackServer(): PrefixServer<ControlMessageOf<"subscribeTracks">> {
    return this.#tracks ??= new PrefixServer(this.#prefixContext(), this.#trackOffers());
  }

  #prefixServer(): PrefixServer<ControlMessageOf<"subscribePrefix">> {
    const offerers = { namespaces: this.#namespaceOffers(), tracks: this.#trackOffers() };
    return this.#either ??= new PrefixServer(this.#prefixContext(), new EitherOffers(offerers));
  }

  #prefixContext(): PrefixContext {
    const { reporting, rules, names, asking } = this.#collaborators;
    return { ...reporting, ...rules, ...names, ...asking };
  }

  #namespaceOffers(): NamespaceOffers {
    const { reporting, parties, names: { scope } } = this.#collaborators;
    return new NamespaceOffers(
      { ...reporting, ...parties, scope, shows: this.#shows },
      this.#parts.publisher,
    );
  }

  #trackOffers(): TrackOffers {
    const { names: { scope }, ending } = this.#collaborators;
    return new TrackOffers(
      { ...this.#delivery(), ...ending, scope, shows: this.#shows },
      this.#subscriptions,
      this.#parts.publisher,
    );
  }

  get #shows(): Visibility["shows"] {
    return this.#parts.link?.shows ?? "all";
  }
}
