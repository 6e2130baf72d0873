import { done, namespaceText } from "@qumo/shared/runtime";
import { type ControlMessageOf, type Namespace, namespaceKey, type Token } from "@qumo/shared/wire";
import type { Publisher, Refusal, RouteTold } from "../../../track/mod.ts";
import { isTransportEnd, violation } from "../../errors.ts";
import { PublishedNamespaces } from "../../published_namespaces.ts";
import { outcomeOf } from "../requests/refusals.ts";
import type { Asking, RequestChannel } from "../requests/requests.ts";
import { checkNamespace } from "../../connection/reserved.ts";
import { leadsBack, routeHeard, type RouteParameters } from "../connection/cluster.ts";
import type {
  Configured,
  Hints,
  Parties,
  PeerNames,
  Permission,
  Reporting,
} from "../connection/facets.ts";
import { requestOk } from "../requests/answers.ts";
import { followUpdates } from "../requests/updates.ts";

/** The interfaces that {@linkcode Announcements} uses of its session. */
export type AnnouncementContext =
  & Parties
  & Reporting
  & PeerNames
  & Hints
  & Permission
  & Configured
  & Asking;

/**
 * The namespaces that a peer publishes, announced by PUBLISH_NAMESPACE or in answer to our
 * SUBSCRIBE_NAMESPACE.
 */
export class Announcements {
  readonly #context: AnnouncementContext;
  readonly #publisher: Publisher;
  // Some peers announce one in both ways.
  readonly #published: PublishedNamespaces;
  // The number of refused namespaces in the answer. They are not stored, since the peer may
  // announce any number.
  #refused = 0;

  /** `advertise` publishes a namespace of the peer; the returned function withdraws it. */
  constructor(
    context: AnnouncementContext,
    publisher: Publisher,
    advertise: (namespace: Namespace, told?: RouteTold) => () => void,
  ) {
    this.#context = context;
    this.#publisher = publisher;
    this.#published = new PublishedNamespaces({ ...context, advertise });
  }

  /** The number of namespaces that the peer publishes. */
  get count(): number {
    return this.#published.count;
  }

  /** The peer, a relay, is going away: others are told of other routes, or of none. */
  leave(): void {
    this.#published.leave();
  }

  /** Answers a PUBLISH_NAMESPACE, unless that is refused; the namespace lasts as long as its request. */
  async accept(
    stream: RequestChannel,
    message: ControlMessageOf<"publishNamespace">,
  ): Promise<Refusal | undefined> {
    const { metrics } = this.#context;
    const { namespace, parameters } = message;
    const refusal = await this.#refusalOf(namespace, parameters.authorizationTokens) ??
      this.#context.scope.refusalOfNamespace(namespace, this.#publisher);
    if (refusal !== undefined) return refusal;
    const announced = new Route(namespace, this.#published);
    this.#take(announced, parameters);
    metrics.requests.publish_namespace.ok++;
    stream.send(requestOk());
    try {
      // They may bring other tokens, and nothing else.
      await followUpdates(this.#context, stream, {
        of: "publishNamespace",
        update: () => done({}),
        repeated: (again) => this.#take(announced, again.parameters),
      });
      return undefined;
    } finally {
      announced.withdraw();
      stream.finish();
    }
  }

  /** Takes up what is told of a route, unless that leads through this relay. */
  #take(route: Route, parameters: RouteParameters): void {
    const { cluster } = this.#context;
    const told = routeHeard(cluster, parameters);
    if (cluster === undefined || told === undefined || !leadsBack(cluster, told)) {
      return route.publish(told);
    }
    route.withdraw();
    this.#context.events.say("namespace not taken: its path leads through this relay", {
      namespace: namespaceText(route.namespace),
    });
  }

  /** Subscribes to all namespaces of the peer while the session lasts. */
  async solicit(): Promise<void> {
    const stream = await this.#context.requests.open("subscribeNamespace");
    stream.send({
      kind: "subscribeNamespace",
      requestId: stream.nextId(),
      prefix: [],
      parameters: {},
    });
    const outcomes = this.#context.metrics.upstreamRequests.subscribe_namespace;
    const known = new Map<string, Route>();
    try {
      const answer = await stream.next();
      if (answer?.kind === "requestError") {
        if (answer.redirect !== undefined && answer.redirect.name.length > 0) {
          throw violation("A redirect of SUBSCRIBE_NAMESPACE names a track");
        }
        outcomes[outcomeOf(answer)]++;
        this.#context.log.debug("peer refused SUBSCRIBE_NAMESPACE", { reason: answer.reason });
        return;
      }
      if (answer === undefined) return;
      if (answer.kind !== "requestOk" || answer.properties.length > 0) {
        throw violation(`${answer.kind} does not answer SUBSCRIBE_NAMESPACE`);
      }
      outcomes.ok++;
      await this.#follow(stream, known);
    } catch (error) {
      if (!isTransportEnd(error)) throw error;
    } finally {
      for (const route of known.values()) route.withdraw();
      stream.cancel("cancelled");
    }
  }

  async #follow(stream: RequestChannel, known: Map<string, Route>): Promise<void> {
    for (;;) {
      const message = await stream.next();
      if (message === undefined) return;
      if (message.kind === "namespace") {
        await this.#learn(message, known);
      } else if (message.kind === "namespaceDone") {
        const key = namespaceKey(message.suffix);
        const route = known.get(key);
        if (route === undefined && this.#refused-- === 0) {
          throw violation("NAMESPACE_DONE without its NAMESPACE");
        }
        known.delete(key);
        route?.withdraw();
      } else {
        throw violation(`${message.kind} does not belong on the stream of SUBSCRIBE_NAMESPACE`);
      }
    }
  }

  /** A refused namespace is counted, so that its withdrawal can be matched. */
  async #learn(
    { suffix: namespace, route: told = {} }: ControlMessageOf<"namespace">,
    known: Map<string, Route>,
  ): Promise<void> {
    const key = namespaceKey(namespace);
    const before = known.get(key);
    const refusal = before === undefined ? await this.#refusalOf(namespace, undefined) : undefined;
    if (refusal === undefined) {
      const route = before ?? new Route(namespace, this.#published);
      known.set(key, route);
      return this.#take(route, told);
    }
    const { events, metrics } = this.#context;
    this.#refused++;
    metrics.requests.publish_namespace[refusal.kind]++;
    events.say("namespace refused", {
      namespace: namespaceText(namespace),
      refusal: refusal.kind,
      reason: refusal.reason,
    });
  }

  async #refusalOf(
    namespace: Namespace,
    tokens: readonly Token[] | undefined,
  ): Promise<Refusal | undefined> {
    const { limits } = this.#context.settings;
    const outcome = await this.#context.access.authorize(
      "publish_namespace",
      { namespace },
      tokens,
    );
    if (!outcome.ok) return outcome.refusal;
    if (this.count >= limits.maxNamespaces) {
      return { kind: "excessive_load", reason: `more than ${limits.maxNamespaces} namespaces` };
    }
    return checkNamespace(namespace);
  }
}

/** One announcement, whose route may change. */
class Route {
  readonly namespace: Namespace;
  readonly #published: PublishedNamespaces;
  #withdraw: (() => void) | undefined;

  constructor(namespace: Namespace, published: PublishedNamespaces) {
    this.namespace = namespace;
    this.#published = published;
  }

  /** Publishes the namespace, over this route instead of the one before. */
  publish(told: RouteTold | undefined): void {
    if (this.#withdraw !== undefined && told === undefined) return;
    const before = this.#withdraw;
    this.#withdraw = this.#published.add(this.namespace, told);
    before?.();
  }

  withdraw(): void {
    this.#withdraw?.();
    this.#withdraw = undefined;
  }
}
