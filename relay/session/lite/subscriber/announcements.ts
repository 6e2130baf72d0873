import { namespaceText, refused } from "@qumo/shared/runtime";
import { type AnnounceEvent, DecodeError, MAX_ROUTE_COST, type Namespace } from "@qumo/shared/wire";
import type { Refusal, RouteTold } from "../../../track/mod.ts";
import { isTransportEnd } from "../../errors.ts";
import { MAX_REFUSED_ANNOUNCE_BYTES } from "../../limits.ts";
import { checkNamespace } from "../../connection/reserved.ts";
import { PublishedNamespaces } from "../../published_namespaces.ts";
import type { Permit } from "../../rights.ts";
import type { Allowed, LiteContext } from "../context.ts";
import { namespaceOf } from "../dialect/names.ts";
import type { LiteStream } from "../lite_stream.ts";
import type { LitePublisher } from "./lite_publisher.ts";

/** What {@linkcode Announcements} uses of its session. */
export type AnnouncementsContext = Pick<
  LiteContext,
  | "version"
  | "scope"
  | "registry"
  | "settings"
  | "metrics"
  | "events"
  | "log"
  | "hops"
  | "believesRoutes"
  | "streams"
  | "link"
  | "authorize"
>;

type Route = Extract<AnnounceEvent, { kind: "start" | "update" }>;

/** The broadcasts that the peer announces, which are asked for: nothing is announced unasked. */
export class Announcements {
  readonly #context: AnnouncementsContext;
  readonly #publisher: Pick<LitePublisher, "cut">;
  readonly #published: PublishedNamespaces;
  // By suffix, what allows each that is taken.
  readonly #permits = new Map<string, Permit>();
  // By suffix, with what withdraws it; undefined for one that is not taken.
  readonly #known = new Map<string, (() => void) | undefined>();
  // Of the suffixes that are not taken.
  #refusedBytes = 0;

  constructor(context: AnnouncementsContext, publisher: LitePublisher) {
    this.#context = context;
    this.#publisher = publisher;
    this.#published = new PublishedNamespaces({
      ...context,
      advertise: context.link?.advertise ??
        ((namespace, told) => context.scope.advertise(namespace, publisher, told && { told })),
    });
  }

  /** The number of namespaces that the peer publishes. */
  get count(): number {
    return this.#published.count;
  }

  /** The peer, a relay, is going away: others are told of other routes, or of none. */
  leave(): void {
    this.#published.leave();
  }

  /** Asks for everything that the peer has, while the session lasts. */
  async follow(): Promise<void> {
    const { version, streams, hops } = this.#context;
    const stream = await streams.open(version.requests.announce!);
    stream.send(version.messages.announceRequest.encode({ prefix: "", excludeHop: hops.own }));
    try {
      await this.#read(stream);
    } catch (error) {
      if (!isTransportEnd(error)) throw error;
    } finally {
      for (const suffix of [...this.#known.keys()]) this.#end(suffix);
      stream.cancel("cancelled");
    }
  }

  async #read(stream: LiteStream): Promise<void> {
    const { announcements } = this.#context.version;
    const reader = announcements.reader();
    for (;;) {
      const message = await stream.nextBody(reader.layout);
      if (message === undefined) return;
      let event: AnnounceEvent;
      try {
        event = reader.decode(message.type, message.body);
      } catch (error) {
        if (!(error instanceof DecodeError) || announcements.fault === "session") throw error;
        this.#context.metrics.malformed.control++;
        this.#context.log.warn("announcements of the peer are ignored", { reason: error.message });
        return;
      }
      await this.#hear(event);
      if (this.#refusedBytes <= MAX_REFUSED_ANNOUNCE_BYTES) continue;
      const reason = "too many are refused to be remembered";
      return this.#context.log.warn("announcements of the peer are ignored", { reason });
    }
  }

  async #hear(event: AnnounceEvent): Promise<void> {
    if (event.kind === "ok") return;
    const { suffix } = event;
    if (event.kind === "end") return this.#end(suffix);
    // A path through this relay would lead in a circle.
    const { own } = this.#context.hops;
    const isOwn = own !== 0n && event.hops.includes(own);
    const before = this.#known.get(suffix);
    const withdraw = isOwn ? undefined : await this.#publish(event, before !== undefined);
    // First the new route, so that the namespace is there all the time.
    this.#forget(suffix);
    this.#known.set(suffix, withdraw);
    if (withdraw !== undefined) return;
    this.#refusedBytes += suffix.length;
    this.#release(suffix);
  }

  /** The peer has a broadcast no more, or may not. */
  #end(suffix: string): void {
    this.#release(suffix);
    this.#forget(suffix);
  }

  #release(suffix: string): void {
    this.#permits.get(suffix)?.release();
    this.#permits.delete(suffix);
  }

  #forget(suffix: string): void {
    const withdraw = this.#known.get(suffix);
    if (!this.#known.delete(suffix)) return;
    if (withdraw === undefined) this.#refusedBytes -= suffix.length;
    else withdraw();
  }

  /** Publishes a route, or a changed one beside what it replaces. */
  async #publish(route: Route, isKnown: boolean): Promise<(() => void) | undefined> {
    const namespace = namespaceOf(route.suffix);
    if (namespace !== undefined && isKnown) return this.#add(namespace, route);
    const allowed = namespace === undefined
      ? refused(NO_NAMESPACE)
      : await this.#allowed(namespace);
    if (namespace !== undefined && allowed.ok) {
      const withdraw = this.#add(namespace, route);
      this.#permits.set(route.suffix, allowed.value);
      allowed.value.onLost((refusal) => this.#lose(route.suffix, namespace, refusal));
      return withdraw;
    }
    if (allowed.ok) return undefined;
    const { refusal } = allowed;
    const { events, metrics } = this.#context;
    metrics.requests.publish_namespace[refusal.kind]++;
    events.say("namespace refused", {
      namespace: namespace === undefined ? route.suffix : namespaceText(namespace),
      refusal: refusal.kind,
      reason: refusal.reason,
    });
    return undefined;
  }

  #add(namespace: Namespace, route: Route): () => void {
    return this.#published.add(namespace, this.#routeOf(route));
  }

  /** Withdraws a broadcast that the peer may no longer announce, with what it sends of it. */
  #lose(suffix: string, namespace: Namespace, { reason }: Refusal): void {
    this.#context.events.say("namespace cut", { namespace: namespaceText(namespace), reason });
    this.#permits.delete(suffix);
    const withdraw = this.#known.get(suffix);
    if (withdraw !== undefined) {
      this.#known.set(suffix, undefined);
      this.#refusedBytes += suffix.length;
      withdraw();
    }
    this.#publisher.cut(namespace, reason);
  }

  /** A route as it is from here: to subscribe at the peer has its price. Of a client's nothing counts. */
  #routeOf({ hops, cost: { warm, cold } }: Route): RouteTold | undefined {
    if (!this.#context.believesRoutes) return undefined;
    const { cost } = this.#context.hops;
    return { hops, cost: { warm: priceOf(warm + cost), cold: priceOf(cold + cost) } };
  }

  async #allowed(namespace: Namespace): Promise<Allowed> {
    const { maxNamespaces } = this.#context.settings.limits;
    const allowed = await this.#context.authorize("publish_namespace", { namespace });
    if (!allowed.ok) return allowed;
    if (this.count >= maxNamespaces) {
      return refused({ kind: "excessive_load", reason: `more than ${maxNamespaces} namespaces` });
    }
    const refusal = checkNamespace(namespace);
    return refusal === undefined ? allowed : refused(refusal);
  }
}

function priceOf(cost: bigint): bigint {
  return cost > MAX_ROUTE_COST ? MAX_ROUTE_COST : cost;
}

const NO_NAMESPACE: Refusal = {
  kind: "namespace_too_large",
  reason: "no namespace can have this path",
};
