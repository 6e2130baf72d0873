import { namespaceText, refused } from "@qumo/shared/runtime";
import {
  type AnnounceWriter,
  EncodeError,
  type LiteAnnounceRequest,
  type Namespace,
} from "@qumo/shared/wire";
import { type AnnouncedRoute, costNow, type Publisher, type Refusal } from "../../../track/mod.ts";
import { RouteWatch } from "../../route_watch.ts";
import type { Permit } from "../../rights.ts";
import type { Allowed, LiteContext } from "../context.ts";
import { namespaceOf, pathOf } from "../dialect/names.ts";
import type { LiteStream } from "../lite_stream.ts";

/** What {@linkcode Announcer} uses of its session. */
export type AnnouncerContext = Pick<
  LiteContext,
  "version" | "scope" | "settings" | "metrics" | "events" | "log" | "hops" | "link" | "authorize"
>;

/** Tells the peer which broadcasts there are, and what becomes of them. */
export class Announcer {
  readonly #context: AnnouncerContext;
  // The peer, to which its own broadcasts are not announced.
  readonly #peer: Publisher;
  #open = 0;

  constructor(context: AnnouncerContext, peer: Publisher) {
    this.#context = context;
    this.#peer = peer;
  }

  /** Serves an announce stream until the peer ends it; returns why it is refused. */
  async serve(stream: LiteStream, request: LiteAnnounceRequest): Promise<Refusal | undefined> {
    const { metrics, events, scope } = this.#context;
    const prefix = namespaceOf(request.prefix);
    if (prefix === undefined) return NOT_A_PATH;
    const allowed = await this.#allowed(prefix);
    if (!allowed.ok) return allowed.refusal;
    const permit = allowed.value;
    this.#open++;
    metrics.requests.subscribe_namespace.ok++;
    events.say("prefix watched", {
      request: "subscribe_namespace",
      prefix: namespaceText(prefix),
      path: scope.path,
    });
    const peer = this.#peer;
    const watch = new PrefixWatch(this.#context, { stream, prefix, request, peer, permit });
    const unwatch = watch.start();
    stream.onStopped(unwatch);
    permit.onLost(({ reason }) => {
      events.say("prefix cut", { prefix: namespaceText(prefix), reason });
      unwatch();
      stream.cancel("expired_auth_token");
    });
    try {
      await stream.drain();
    } finally {
      permit.release();
      unwatch();
      this.#open--;
      stream.finish();
    }
    return undefined;
  }

  async #allowed(prefix: Namespace): Promise<Allowed> {
    const allowed = await this.#context.authorize("subscribe_namespace", { namespace: prefix });
    if (!allowed.ok) return allowed;
    const { maxNamespaceSubscriptions } = this.#context.settings.limits;
    if (this.#open < maxNamespaceSubscriptions) return allowed;
    const reason = `more than ${maxNamespaceSubscriptions} prefixes`;
    return refused({ kind: "excessive_load", reason });
  }
}

/** What a {@linkcode PrefixWatch} tells, and whom. */
interface Watched {
  readonly stream: LiteStream;
  readonly prefix: Namespace;
  readonly request: LiteAnnounceRequest;
  readonly peer: Publisher;
  readonly permit: Pick<Permit, "shows" | "onChange">;
}

/** The announcements on one stream. */
class PrefixWatch {
  readonly #context: AnnouncerContext;
  readonly #watched: Watched;
  readonly #writer: AnnounceWriter;
  // What the peer knows of, by suffix, as a route is told apart.
  readonly #told = new Map<string, string>();
  readonly #isRelay: boolean;
  #first: Uint8Array[] | undefined = [];

  constructor(context: AnnouncerContext, watched: Watched) {
    this.#context = context;
    this.#watched = watched;
    const { version: { announcements }, hops } = context;
    this.#writer = announcements.writer(hops.own);
    const isNamed = hops.peer !== 0n || watched.request.excludeHop !== 0n;
    this.#isRelay = announcements.hasCosts && isNamed;
  }

  /** Tells what there is, and what changes; the returned function ends it. */
  start(): () => void {
    const { stream, prefix, request: { excludeHop }, peer: publisher, permit } = this.#watched;
    const { scope, hops, link } = this.#context;
    const watch = new RouteWatch({
      scope,
      prefix,
      ...(link !== undefined && link.shows !== "none" && { view: link.shows }),
      hearer: { publisher, hop: hops.peer, excludeHop },
      show: (namespace, route) => this.#show(namespace, route),
    });
    const unwatch = watch.start();
    permit.onChange(() => watch.showAgain());
    const first = this.#first!;
    this.#first = undefined;
    stream.send(this.#writer.ok(first.length));
    for (const bytes of first) stream.send(bytes);
    return unwatch;
  }

  #show(namespace: Namespace, best: AnnouncedRoute | undefined): void {
    const suffix = pathOf(namespace.slice(this.#watched.prefix.length));
    if (suffix === undefined) return this.#unsayable(namespace);
    const told = this.#told.get(suffix);
    // What the peer may no longer see ends for it.
    const route = this.#watched.permit.shows(namespace) ? best : undefined;
    if (route === undefined) {
      if (this.#told.delete(suffix)) this.#say(() => this.#writer.end(suffix));
      return;
    }
    const { hops } = route;
    // Who is no relay chooses no routes.
    const cost = this.#isRelay ? costNow(route) : route.cost;
    const now = [...hops, cost.warm, cost.cold].join();
    if (told === now) return;
    const isSaid = this.#say(() =>
      told === undefined
        ? this.#writer.start(suffix, hops, cost)
        : this.#writer.update(suffix, hops, cost)
    );
    if (isSaid) this.#told.set(suffix, now);
  }

  #say(write: () => Uint8Array): boolean {
    try {
      const bytes = write();
      if (this.#first === undefined) this.#watched.stream.send(bytes);
      else this.#first.push(bytes);
      return true;
    } catch (error) {
      if (!(error instanceof EncodeError)) throw error;
      this.#context.metrics.inexpressible.message++;
      this.#context.log.warn("namespace not forwarded", { reason: error.message });
      return false;
    }
  }

  #unsayable(namespace: Namespace): void {
    const { metrics, events } = this.#context;
    metrics.inexpressible.message++;
    events.say("namespace not forwarded", {
      namespace: namespaceText(namespace),
      reason: "it is no path of text",
    });
  }
}

const NOT_A_PATH: Refusal = { kind: "does_not_exist", reason: "the prefix is no path" };
