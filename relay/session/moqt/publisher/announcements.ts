import { done, namespaceText } from "@qumo/shared/runtime";
import { type ControlMessageOf, type Namespace, namespaceKey, type Token } from "@qumo/shared/wire";
import type { Publisher, Refusal } from "../../../track/mod.ts";
import { isTransportEnd, violation } from "../../errors.ts";
import { PublishedNamespaces } from "../../published_namespaces.ts";
import { outcomeOf } from "../requests/refusals.ts";
import type { Asking, RequestChannel } from "../requests/requests.ts";
import { checkNamespace } from "../requests/reserved.ts";
import type { Configured, Hints, PeerNames, Permission, Reporting } from "../connection/facets.ts";
import { requestOk } from "../requests/answers.ts";
import { followUpdates } from "../requests/updates.ts";

/** The interfaces that {@linkcode Announcements} uses of its session. */
export type AnnouncementContext = Reporting & PeerNames & Hints & Permission & Configured & Asking;

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
    advertise: (namespace: Namespace) => () => void,
  ) {
    this.#context = context;
    this.#publisher = publisher;
    this.#published = new PublishedNamespaces({ ...context, advertise });
  }

  /** The number of namespaces that the peer publishes. */
  get count(): number {
    return this.#published.count;
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
    metrics.requests.publish_namespace.ok++;
    stream.send(requestOk());
    const withdraw = this.#published.add(namespace);
    try {
      // They may bring other tokens, and nothing else.
      await followUpdates(this.#context, stream, {
        of: "publishNamespace",
        update: () => done({}),
      });
      return undefined;
    } finally {
      withdraw();
      stream.finish();
    }
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
    const known = new Map<string, () => void>();
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
      for (const withdraw of known.values()) withdraw();
      stream.cancel("cancelled");
    }
  }

  async #follow(stream: RequestChannel, known: Map<string, () => void>): Promise<void> {
    for (;;) {
      const message = await stream.next();
      if (message === undefined) return;
      if (message.kind === "namespace") {
        await this.#learn(message.suffix, known);
      } else if (message.kind === "namespaceDone") {
        const key = namespaceKey(message.suffix);
        const withdraw = known.get(key);
        if (withdraw === undefined && this.#refused-- === 0) {
          throw violation("NAMESPACE_DONE without its NAMESPACE");
        }
        known.delete(key);
        withdraw?.();
      } else {
        throw violation(`${message.kind} does not belong on the stream of SUBSCRIBE_NAMESPACE`);
      }
    }
  }

  /** A refused namespace is counted, so that its withdrawal can be matched. */
  async #learn(namespace: Namespace, known: Map<string, () => void>): Promise<void> {
    const key = namespaceKey(namespace);
    if (known.has(key)) return;
    const refusal = await this.#refusalOf(namespace, undefined);
    if (refusal === undefined) {
      known.set(key, this.#published.add(namespace));
      return;
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
