import { namespaceText } from "@qumo/shared/runtime";
import {
  type ControlMessageOf,
  EncodeError,
  type Namespace,
  namespaceKey,
} from "@qumo/shared/wire";
import type { AnnouncedRoute, Publisher } from "../../../track/mod.ts";
import type { Permit } from "../../rights.ts";
import { RouteWatch } from "../../route_watch.ts";
import { type Cluster, routeTold } from "../connection/cluster.ts";
import type { Parties, PeerNames, Reporting, Visibility } from "../connection/facets.ts";
import { isMoqDev } from "../connection/moq_dev.ts";
import { viewFor } from "../connection/relay_peer.ts";
import type { RequestChannel } from "../requests/requests.ts";
import type { PrefixOfferer, PrefixOffers } from "./prefix_server.ts";
import { ToldNamespaces } from "./told_namespaces.ts";

/** What {@linkcode NamespaceOffers} uses of its session. */
export type NamespaceContext = Reporting & Parties & PeerNames & Visibility;

type ShownBy = Pick<Permit, "shows" | "onChange">;

/** SUBSCRIBE_NAMESPACE: the peer is told of every namespace under a prefix as they come and go. */
export class NamespaceOffers implements PrefixOfferer<ControlMessageOf<"subscribeNamespace">> {
  readonly #context: NamespaceContext;
  readonly #publisher: Publisher;

  /** `publisher` is the peer, which is not told of its own routes. */
  constructor(context: NamespaceContext, publisher: Publisher) {
    this.#context = context;
    this.#publisher = publisher;
  }

  offersOn(
    stream: RequestChannel,
    _message: ControlMessageOf<"subscribeNamespace">,
    permit: ShownBy,
  ): PrefixOffers {
    return { watch: (prefix) => this.#watch(stream, prefix, permit) };
  }

  #watch(stream: RequestChannel, prefix: Namespace, permit: ShownBy): () => void {
    const { shows, scope, peer, cluster } = this.#context;
    if (shows === "none") return () => {};
    if (cluster !== undefined) return this.#watchRoutes(stream, prefix, { cluster, permit });
    const told = new ToldNamespaces(permit, (kind, namespace) => {
      this.#say(stream, { kind, suffix: namespace.slice(prefix.length) });
    });
    permit.onChange(() => told.showAgain());
    // What the peer was told of that it ends and will be there again.
    const renewing = new Set<string>();
    const unwatch = scope.watchNamespaces(prefix, {
      added: (namespace) => told.came(namespace),
      removed: (namespace) => {
        if (!renewing.delete(namespaceKey(namespace))) told.left(namespace);
      },
      ...(isMoqDev(peer) && {
        renewing: (namespace: Namespace) => {
          const key = namespaceKey(namespace);
          if (!renewing.has(key)) told.left(namespace);
          renewing.add(key);
        },
        renewed: (namespace: Namespace) => {
          if (renewing.delete(namespaceKey(namespace))) told.came(namespace);
        },
      }),
    }, viewFor(shows, peer));
    return () => {
      told.forget();
      unwatch();
    };
  }

  /** As watching, with the best route to each: told anew when it has changed. */
  #watchRoutes(
    stream: RequestChannel,
    prefix: Namespace,
    { cluster, permit }: { readonly cluster: Cluster; readonly permit: ShownBy },
  ): () => void {
    const { shows, scope } = this.#context;
    const told = new Map<string, string>();
    const show = (namespace: Namespace, best: AnnouncedRoute | undefined) => {
      const key = namespaceKey(namespace);
      const suffix = namespace.slice(prefix.length);
      // What the peer may no longer see ends for it.
      const route = best && permit.shows(namespace) ? routeTold(cluster, best) : undefined;
      const now = route && [...route.hopPath, route.routeCost].join();
      const before = told.get(key);
      if (before === now) return;
      // Another origin is another publisher, whose content does not go on where this one's ends.
      const isOther = before?.split(",", 1)[0] !== String(route?.hopPath[0]);
      if (before !== undefined && isOther) this.#say(stream, { kind: "namespaceDone", suffix });
      if (route === undefined || now === undefined) return void told.delete(key);
      this.#say(stream, { kind: "namespace", suffix, route });
      told.set(key, now);
    };
    const watch = new RouteWatch({
      scope,
      prefix,
      ...(shows !== "none" && { view: shows }),
      hearer: { publisher: this.#publisher, hop: cluster.peer, excludeHop: 0n },
      show,
    });
    permit.onChange(() => watch.showAgain());
    const unwatch = watch.start();
    return () => {
      permit.onChange(() => {});
      unwatch();
    };
  }

  #say(
    stream: RequestChannel,
    message: ControlMessageOf<"namespace"> | ControlMessageOf<"namespaceDone">,
  ): void {
    try {
      stream.send(message);
    } catch (error) {
      if (!(error instanceof EncodeError)) throw error;
      this.#context.log.warn("namespace not forwarded", {
        namespace: namespaceText(message.suffix),
        reason: error.message,
      });
    }
  }
}
