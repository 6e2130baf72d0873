import { done, namespaceText, type Outcome, refused } from "@qumo/shared/runtime";
import { type ControlMessageOf, type Namespace, namespaceKey, type Token } from "@qumo/shared/wire";
import type { Publisher, Refusal, RouteTold } from "../../../track/mod.ts";
import { isTransportEnd, violation } from "../../errors.ts";
import { PublishedNamespaces } from "../../published_namespaces.ts";
import { outcomeOf } from "../requests/refusals.ts";
import type { Asking, RequestChannel } from "../requests/requests.ts";
import { checkNamespace } from "../../connection/reserved.ts";
import type { RequestPermit } from "../connection/access.ts";
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

/** The peer, which may lose what it was allowed to publish. */
export interface CuttablePublisher extends Publisher {
  /** Ends its tracks in a namespace that the relay asked it for. */
  cut(namespace: Namespace, reason: string): void;
}

/**
 * The namespaces that a peer publishes, announced by PUBLISH_NAMESPACE or in answer to our
 * SUBSCRIBE_NAMESPACE.
 */
export class Announcements {
  readonly #context: AnnouncementContext;
  readonly #publisher: () => CuttablePublisher;
  readonly #advertise: (namespace: Namespace, told?: RouteTold) => () => void;
  // Made with the first, which most peers do not have. Some announce one in both ways.
  #published: PublishedNamespaces | undefined;
  // The number of refused namespaces in the answer. They are not stored, since the peer may
  // announce any number.
  #refused = 0;

  /**
   * `publisher` returns the peer; `advertise` publishes a namespace of it, and the returned function
   * withdraws that.
   */
  constructor(
    context: AnnouncementContext,
    publisher: () => CuttablePublisher,
    advertise: (namespace: Namespace, told?: RouteTold) => () => void,
  ) {
    this.#context = context;
    this.#publisher = publisher;
    this.#advertise = advertise;
  }

  /** The number of namespaces that the peer publishes. */
  get count(): number {
    return this.#published?.count ?? 0;
  }

  get #publishing(): PublishedNamespaces {
    const { scope, registry, events } = this.#context;
    const advertise = this.#advertise;
    return this.#published ??= new PublishedNamespaces({ scope, registry, events, advertise });
  }

  /** The peer, a relay, is going away: others are told of other routes, or of none. */
  leave(): void {
    this.#publishing.leave();
  }

  /** Answers a PUBLISH_NAMESPACE, unless that is refused; the namespace lasts as long as its request. */
  async accept(
    stream: RequestChannel,
    message: ControlMessageOf<"publishNamespace">,
  ): Promise<Refusal | undefined> {
    const { metrics } = this.#context;
    const { namespace, parameters } = message;
    const allowed = await this.#allowed(namespace, parameters.authorizationTokens);
    if (!allowed.ok) return allowed.refusal;
    const taken = this.#context.scope.refusalOfNamespace(namespace, this.#publisher());
    if (taken !== undefined) return taken;
    const permit = allowed.value;
    const announced = new Route(namespace, this.#publishing);
    permit.onLost((refusal) => {
      this.#lose(announced, refusal);
      stream.cancel("expired_auth_token");
    });
    this.#take(announced, parameters);
    metrics.requests.publish_namespace.ok++;
    stream.send(requestOk());
    try {
      // They may bring other tokens, and nothing else.
      await followUpdates(this.#context, stream, {
        of: "publishNamespace",
        permit,
        update: () => done({}),
        repeated: (again) => this.#take(announced, again.parameters),
      });
      return undefined;
    } finally {
      permit.release();
      announced.withdraw();
      stream.finish();
    }
  }

  /** Withdraws a namespace that the peer may no longer announce, with what it sends of it. */
  #lose(route: Route, { reason }: Refusal): void {
    const { namespace } = route;
    this.#context.events.say("namespace cut", { namespace: namespaceText(namespace), reason });
    route.end();
    this.#publisher().cut(namespace, reason);
  }

  /** Takes up what is told of a route, unless that leads through this relay. */
  #take(route: Route, parameters: RouteParameters): void {
    const { cluster } = this.#context;
    const told = routeHeard(cluster, parameters);
    if (cluster === undefined || told === undefined || !leadsBack(cluster, told)) {
      return route.publish(cluster?.isBelieved ? told : undefined);
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
      for (const route of known.values()) route.end();
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
        route?.end();
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
    if (before !== undefined) return this.#take(before, told);
    const allowed = await this.#allowed(namespace, undefined);
    if (allowed.ok) {
      const permit = allowed.value;
      const route = new Route(namespace, this.#publishing, permit);
      known.set(key, route);
      this.#take(route, told);
      return permit.onLost((refusal) => this.#lose(route, refusal));
    }
    const { events, metrics } = this.#context;
    const { refusal } = allowed;
    this.#refused++;
    metrics.requests.publish_namespace[refusal.kind]++;
    events.say("namespace refused", {
      namespace: namespaceText(namespace),
      refusal: refusal.kind,
      reason: refusal.reason,
    });
  }

  async #allowed(
    namespace: Namespace,
    tokens: readonly Token[] | undefined,
  ): Promise<Outcome<RequestPermit, Refusal>> {
    const { limits } = this.#context.settings;
    const outcome = await this.#context.access.authorize(
      "publish_namespace",
      { namespace },
      tokens,
    );
    if (!outcome.ok) return outcome;
    if (this.count >= limits.maxNamespaces) {
      const reason = `more than ${limits.maxNamespaces} namespaces`;
      return refused({ kind: "excessive_load", reason });
    }
    const refusal = checkNamespace(namespace);
    return refusal === undefined ? outcome : refused(refusal);
  }
}

/** One announcement, whose route may change. */
class Route {
  readonly namespace: Namespace;
  readonly #published: PublishedNamespaces;
  readonly #permit: Pick<RequestPermit, "release"> | undefined;
  #withdraw: (() => void) | undefined;
  #isOver = false;

  constructor(
    namespace: Namespace,
    published: PublishedNamespaces,
    permit?: Pick<RequestPermit, "release">,
  ) {
    this.namespace = namespace;
    this.#published = published;
    this.#permit = permit;
  }

  /** Publishes the namespace, over this route instead of the one before. */
  publish(told: RouteTold | undefined): void {
    if (this.#isOver || this.#withdraw !== undefined && told === undefined) return;
    const before = this.#withdraw;
    this.#withdraw = this.#published.add(this.namespace, told);
    before?.();
  }

  withdraw(): void {
    this.#withdraw?.();
    this.#withdraw = undefined;
  }

  /** Withdraws the namespace for good. */
  end(): void {
    this.#isOver = true;
    this.#permit?.release();
    this.withdraw();
  }
}
