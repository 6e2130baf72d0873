import type { Clock, Log, Tracing } from "@qumo/shared/runtime";
import { formatAnnounce } from "@qumo/shared/topology";
import { type Namespace, namespaceKey } from "@qumo/shared/wire";
import { type MirrorView, parseRelayUrl } from "../control_plane/mod.ts";
import type { RegistryObserver, Scope } from "../track/mod.ts";
import type { Connection } from "../transport/types.ts";
import { ControllerRoutes } from "./controller_routes.ts";
import { Directory, textOf } from "./directory.ts";
import { Link, type LinkSession, type LinkTarget } from "./link.ts";
import { Links } from "./links.ts";
import type { MeshMetrics } from "./metrics.ts";
import { RemoteNames } from "./remote_names.ts";
import type { RemoteFeed, RouteContext } from "./route_context.ts";
import { RoutePublisher } from "./route_publisher.ts";
import { LimitedRoutes } from "./routes.ts";
import type { MeshSettings } from "./settings.ts";
import { StaticRoutes } from "./static_routes.ts";
import type { LinkView, RouteView } from "../vocabulary.ts";

/** What a session with a neighbor is to be like. */
export interface LinkSessionOptions {
  /** What the neighbor's URL says. */
  readonly authority: string;
  readonly path: string;
  /** The scope of what the neighbor announces and asks for, unless it names others. */
  readonly scope: string;
  /** Which namespaces the neighbor is told of: none where the controller tells. */
  readonly shows: "local" | "none";
  /** Takes up what the neighbor announces; absent where the controller tells. */
  readonly advertise?: (namespace: Namespace) => () => void;
  /** The neighbor is going away. */
  readonly onLeaving: () => void;
}

/** What the mesh of one relay is made of. */
export interface MeshOptions {
  /** What this relay calls itself towards others. */
  readonly name: string;
  readonly settings: MeshSettings;
  /** What the controller knows; undefined for a relay without one. */
  readonly mirror: MirrorView | undefined;
  /** The neighbors of the configuration. */
  readonly neighbors: Iterable<string>;
  /** URLs of neighbors that count more than those that the controller has. */
  readonly addresses: ReadonlyMap<string, string>;
  /** Whether neighbors are known by the hash that they registered: one without is not called. */
  readonly byHash: boolean;
  /** URLs of relays to take tracks from, where there is no controller. */
  readonly origins: readonly string[];
  /** Hashes of the certificates that origins must show, by URL. */
  readonly pins?: ReadonlyMap<string, string>;
  /** Rejects when no connection comes about. */
  readonly dial: (target: LinkTarget) => Promise<Connection>;
  readonly startSession: (connection: Connection, options: LinkSessionOptions) => LinkSession;
  readonly metrics: MeshMetrics;
  readonly clock: Clock;
  readonly log: Log;
  readonly tracing: Tracing;
  /** A number from 0 up to but not including 1. */
  readonly random: () => number;
  /** A link or the way of a track is different. */
  readonly onChange: () => void;
}

/** Where tracks come from that nobody publishes here: links to neighbors, and the ways over them. */
export class Mesh implements Pick<RegistryObserver, "opened" | "closed"> {
  readonly #options: MeshOptions;
  readonly #names: RemoteNames;
  readonly #directory: Directory;
  readonly #links: Links;
  readonly #routes: LimitedRoutes;
  readonly #context: RouteContext;
  readonly #feeds = new Set<RemoteFeed>();
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
    this.#directory = new Directory(this.#names);
    this.#links = new Links((name) => this.#newLink(name));
    const routes = mirror === undefined
      ? new StaticRoutes(origins, this.#directory, this.#links)
      : new ControllerRoutes(mirror, this.#directory, this.#links);
    this.#context = {
      accepts: (path) => path.length <= settings.maxHops && !path.includes(options.name),
      hasOtherRelays: () => this.#links.all().some(({ isOtherRelay }) => isOtherRelay),
      routes: this.#routes = new LimitedRoutes(routes, settings.maxHops),
      settings,
      metrics,
      clock,
      log,
      tracing,
      begun: (feed) => void this.#feeds.add(feed),
      over: (feed) => {
        this.#feeds.delete(feed);
        options.onChange();
      },
      moved: options.onChange,
    };
    this.#unwatch = mirror === undefined ? () => {} : this.#follow(mirror);
    for (const name of mirror === undefined ? origins : options.neighbors) this.#links.get(name);
  }

  /** A scope is in use here: what others have in it is shown there. */
  opened(key: string, scope: Scope): void {
    this.#names.opened(key, scope, this.#directory);
  }

  /** Nobody uses a scope any more. */
  closed(key: string): void {
    this.#names.closed(key);
  }

  /** The links, in the order in which they began. */
  links(): LinkView[] {
    return this.#links.all().map((link) => ({
      neighbor: link.name,
      state: link.state,
      rttMs: link.rttMs,
      sinceMs: link.sinceMs,
      failure: link.failure,
    }));
  }

  /** The ways of the remote tracks that flow. */
  *routes(): Iterable<RouteView> {
    for (const { remote, route, path } of this.#feeds) {
      if (route === undefined) continue;
      const { link } = route;
      // The neighbor may have it from somebody nearer than the one who was meant.
      const source = path.at(-1) ?? route.source;
      yield { track: textOf(remote), source, nextHop: link.peerName ?? link.name, path };
    }
  }

  /** Remote tracks that are wanted here. */
  get trackCount(): number {
    return this.#feeds.size;
  }

  /** Ends what comes from other relays, and every link. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#unwatch();
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

  #newLink(name: string): Link {
    const { mirror, settings, clock, log, random, dial } = this.#options;
    const isStatic = mirror === undefined;
    const { path, scope } = isStatic ? partsOf(name) : NAMED;
    return new Link({
      name,
      isNamed: !isStatic,
      scope,
      target: () => this.#target(name),
      dial,
      startSession: (connection, target, link) =>
        this.#options.startSession(connection, {
          authority: new URL(target.url).host,
          path,
          scope,
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
    const { mirror, addresses, byHash, pins } = this.#options;
    if (mirror === undefined) {
      const certificateSha256 = pins?.get(name);
      const isPinned = certificateSha256 !== undefined;
      return { url: urlOf(name), certificateSha256, isPinned };
    }
    const relay = mirror.relay(name);
    const url = addresses.get(name) ?? relay?.address ?? "";
    if (parseRelayUrl(url) === undefined) return undefined;
    if (byHash && relay?.certificateSha256 === undefined) return undefined;
    return { url, certificateSha256: relay?.certificateSha256 };
  }

  /** Namespaces of a static origin go into the directory, like those of relays that a controller knows. */
  #advertiser(source: string, scope: string): NonNullable<LinkSessionOptions["advertise"]> {
    const counts = new Map<string, number>();
    return (namespace) => {
      const key = namespaceKey(namespace);
      const text = formatAnnounce({ scope, namespace });
      counts.set(key, (counts.get(key) ?? 0) + 1);
      this.#directory.add(source, text);
      return () => {
        const left = counts.get(key)! - 1;
        counts.set(key, left);
        if (left === 0) this.#directory.remove(source, text);
      };
    };
  }

  /** Once for everything that changed in one turn: changes come in bursts. */
  #review(): void {
    if (this.#isReviewing) return;
    this.#isReviewing = true;
    queueMicrotask(() => {
      this.#isReviewing = false;
      if (this.#isClosed) return;
      for (const feed of [...this.#feeds]) feed.review();
    });
  }
}

const NAMED = { path: "/", scope: "" };

function urlOf(origin: string): string {
  const { protocol, host } = new URL(origin);
  return `${protocol}//${host}`;
}

/** Which scope of a static origin is meant. */
function partsOf(origin: string): typeof NAMED {
  const { pathname } = new URL(origin);
  const path = pathname === "" ? "/" : pathname;
  return { path, scope: path === "/" ? "" : path };
}
