import { formatAnnounce } from "@qumo/shared/topology";
import { namespaceKey } from "@qumo/shared/wire";
import { type MirrorView, parseRelayUrl } from "../control_plane/mod.ts";
import type { SessionLink } from "../session/session_options.ts";
import type { RegistryObserver, Scope } from "../track/mod.ts";
import { discoveryIn } from "./announce_discovery.ts";
import { ControllerRoutes } from "./controller_routes.ts";
import { Directory, textOf } from "./directory.ts";
import { Link } from "./link.ts";
import type { LinkTarget } from "./link_options.ts";
import { Links } from "./links.ts";
import type { MeshOptions } from "./mesh_options.ts";
import { RemoteNames } from "./remote_names.ts";
import type { RemoteFeed, RouteContext } from "./route_context.ts";
import { RoutePublisher } from "./route_publisher.ts";
import { Reachability, SHORT_OUTAGE_MS } from "./reachability.ts";
import { LimitedRoutes } from "./routes.ts";
import { StaticRoutes } from "./static_routes.ts";
import { whyUnknown } from "./unknown_neighbor.ts";
import type { LinkView, RouteView } from "../views.ts";

/**
 * The source of tracks that are not published at this relay: links to neighbors, and routes over
 * them.
 */
export class Mesh implements Pick<RegistryObserver, "opened" | "closed"> {
  readonly #options: MeshOptions;
  readonly #names: RemoteNames;
  readonly #directory: Directory;
  readonly #links: Links;
  readonly #routes: LimitedRoutes;
  readonly #context: RouteContext;
  readonly #feeds = new Set<RemoteFeed>();
  readonly #reachability: Reachability | undefined;
  readonly #unwatch: () => void;
  #isReviewing = false;
  #isClosed = false;

  constructor(options: MeshOptions) {
    const { mirror, origins, settings, metrics, clock, log, tracing } = options;
    this.#options = options;
    this.#names = new RemoteNames(
      (scope) => new RoutePublisher(scope, this.#context),
      origins.length > 0,
    );
    this.#directory = new Directory(this.#names, { hop: options.hop, preferred: origins });
    this.#links = new Links((name) => this.#newLink(name));
    const controllerRoutes = mirror && new ControllerRoutes(mirror, this.#directory, this.#links);
    const routes = controllerRoutes ?? new StaticRoutes(origins, this.#directory, this.#links);
    this.#reachability = mirror && controllerRoutes &&
      this.#newReachability(mirror, controllerRoutes);
    this.#context = {
      accepts: (path) => path.length <= settings.maxHops && !path.includes(options.name),
      hasOtherRelays: () => this.#links.all().some(({ isOtherRelay }) => isOtherRelay),
      routes: this.#routes = new LimitedRoutes(routes, settings.maxHops),
      settings,
      metrics,
      clock,
      log,
      tracing,
      feedStarted: (feed) => void this.#feeds.add(feed),
      feedEnded: (feed) => {
        this.#feeds.delete(feed);
        options.onChange();
      },
      routeChanged: options.onChange,
    };
    this.#unwatch = mirror === undefined ? () => {} : this.#follow(mirror);
    for (const name of mirror === undefined ? origins : options.neighbors) this.#links.get(name);
  }

  /** A scope is in use here: announces of other relays in it are shown to its sessions. */
  opened(key: string, scope: Scope): void {
    const { interests } = this.#options;
    if (interests !== undefined) scope.discovery = discoveryIn(key, interests);
    this.#names.opened(key, scope, this.#directory);
  }

  /** A scope is no longer in use here. */
  closed(key: string): void {
    this.#names.closed(key);
  }

  /** The links, in the order in which they were started. */
  links(): LinkView[] {
    return this.#links.all().map((link) => ({
      neighbor: link.name,
      state: link.state,
      rttMs: link.rttMs,
      sinceMs: link.sinceMs,
      failure: link.failure,
    }));
  }

  /** The routes and paths of the remote tracks that are being received. */
  *routes(): Iterable<RouteView> {
    for (const { remote, route, path } of this.#feeds) {
      if (route === undefined) continue;
      const { link } = route;
      // The neighbor may have the track from a nearer relay than the one that the route aimed at.
      const source = path.at(-1) ?? route.source;
      yield {
        track: textOf(remote),
        source,
        nextHop: link.peerName ?? link.name,
        path: [...path],
      };
    }
  }

  /** The unreachable relays that have announces. */
  get unreachable(): readonly string[] {
    return [...this.#reachability?.lost ?? []].sort();
  }

  /** Number of remote tracks that are wanted here. */
  get trackCount(): number {
    return this.#feeds.size;
  }

  /** Who may be called changed: links to those that may not be are cut now. */
  reviewBans(): void {
    for (const link of this.#links.all()) link.reviewBan();
  }

  /** Ends every remote track and closes every link. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#unwatch();
    this.#reachability?.close();
    this.#routes.close();
    for (const feed of [...this.#feeds]) feed.close();
    await this.#links.close();
  }

  #follow(mirror: MirrorView): () => void {
    for (const { relay, text } of mirror.announces()) this.#directory.add(relay, text);
    return mirror.watch({
      announced: (relay, text) => {
        this.#directory.add(relay, text);
        this.#review();
      },
      withdrawn: (relay, text) => {
        this.#directory.remove(relay, text);
        this.#review();
      },
      changed: () => {
        for (const link of this.#links.all()) if (link.state === "dialing") link.retry();
        this.#review();
      },
    });
  }

  /** Hides the names of unreachable relays until they are back. */
  #newReachability(mirror: MirrorView, routes: ControllerRoutes): Reachability {
    const { clock, log, metrics, settings } = this.#options;
    const patienceMs = settings.holdDownMs + SHORT_OUTAGE_MS;
    return new Reachability({
      clock,
      patienceMs,
      sources: () => mirror.sources(),
      hasRoute: (relay) => routes.hasRoute(relay),
      isCertain: () => mirror.isFollowed,
      onChange: (relay, isReached) => {
        const names = this.#directory.setReach(relay, isReached);
        if (isReached && names > 0) log.info("relay reachable again", { relay, names });
        if (isReached) return;
        metrics.unreachable++;
        log.warn("relay unreachable: what it announces is withdrawn here", {
          relay,
          names,
          after_ms: patienceMs,
        });
        this.#review();
      },
    });
  }

  #newLink(name: string): Link {
    // A route over a link that was never needed was assumed to work: check it now.
    this.#review();
    const { mirror, settings, clock, log, random, dial } = this.#options;
    const isStatic = mirror === undefined;
    const { path, scope } = isStatic ? partsOf(name) : NAMED;
    const terms = this.#options.originTerms?.get(name);
    const expected = isStatic ? terms?.name : name;
    const token = terms?.token ??
      (expected === undefined ? undefined : this.#options.tokenFor(expected));
    return new Link({
      name,
      expected,
      scope,
      target: () => this.#target(name),
      whyBanned: () => expected === undefined ? undefined : this.#options.whyBanned?.(expected),
      whyUnknown: () => mirror && whyUnknown(mirror, name),
      dial,
      startSession: (connection, target, link) =>
        this.#options.startSession(connection, {
          authority: new URL(target.url).host,
          path,
          scope,
          ...(token !== undefined && { token }),
          shows: isStatic ? "local" : "none",
          ...(isStatic && { advertise: this.#advertiser(name, scope) }),
          onLeaving: () => link.changed(),
        }),
      settings,
      clock,
      log,
      random,
      onMeasured: this.#options.onChange,
      onChange: () => {
        this.#options.onChange();
        this.#review();
      },
    });
  }

  #target(name: string): LinkTarget | undefined {
    const { mirror, addresses, byHash, originTerms, isOnHost } = this.#options;
    if (mirror === undefined) {
      const { certificateSha256, protocols } = originTerms?.get(name) ?? {};
      const isPinned = certificateSha256 !== undefined;
      return { url: urlOf(name), certificateSha256, isPinned, protocols };
    }
    const relay = mirror.relay(name);
    const url = addresses.get(name) ?? relay?.address ?? "";
    if (parseRelayUrl(url) === undefined) return undefined;
    const certificateSha256 = relay?.certificateSha256;
    const isPinned = isOnHost?.(name) ?? false;
    if ((byHash || isPinned) && certificateSha256 === undefined) return undefined;
    return { url, certificateSha256, isPinned };
  }

  /**
   * Adds the namespaces of a static origin to the directory, like those of relays in the mirror.
   */
  #advertiser(source: string, scope: string): NonNullable<SessionLink["advertise"]> {
    const counts = new Map<string, number>();
    return (namespace, told) => {
      const key = namespaceKey(namespace);
      const text = formatAnnounce({ scope, namespace });
      counts.set(key, (counts.get(key) ?? 0) + 1);
      this.#directory.add(source, text, told);
      this.#review();
      return () => {
        const left = counts.get(key)! - 1;
        counts.set(key, left);
        if (left === 0) this.#directory.remove(source, text);
      };
    };
  }

  /** Runs once for all changes of one turn of the event loop, because they come in bursts. */
  #review(): void {
    if (this.#isReviewing) return;
    this.#isReviewing = true;
    queueMicrotask(() => {
      this.#isReviewing = false;
      if (this.#isClosed) return;
      this.#reachability?.review();
      for (const feed of [...this.#feeds]) feed.review();
    });
  }
}

const NAMED = { path: "/", scope: "" };

function urlOf(origin: string): string {
  const { protocol, host } = new URL(origin);
  return `${protocol}//${host}`;
}

/** Splits the URL of a static origin into its address and its scope. */
function partsOf(origin: string): typeof NAMED {
  const { pathname } = new URL(origin);
  const path = pathname === "" ? "/" : pathname;
  return { path, scope: path === "/" ? "" : path };
}
