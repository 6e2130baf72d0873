import { type Namespace, namespaceKey } from "@qumo/shared/wire";
import type { AnnouncedRoute, NamespaceVisibility, Scope } from "../track/mod.ts";
import { bestRoute, type RouteHearer } from "./best_route.ts";

/** What a peer is told, and how. */
export interface RouteTelling {
  readonly scope: Pick<Scope, "watchNamespaces">;
  readonly prefix: Namespace;
  readonly view?: NamespaceVisibility;
  readonly hearer: RouteHearer;
  /** Tells the peer the route to a namespace, or that there is none any more. */
  readonly show: (namespace: Namespace, route: AnnouncedRoute | undefined) => void;
}

interface Shown {
  readonly namespace: Namespace;
  readonly route: AnnouncedRoute;
}

/**
 * Follows the namespaces under a prefix with the best route to each, for a peer that hears of routes. A
 * namespace whose publisher is being replaced is gone for a moment.
 */
export class RouteWatch {
  readonly #telling: RouteTelling;
  readonly #renewing = new Set<string>();
  readonly #routes = new Map<string, Shown>();

  constructor(telling: RouteTelling) {
    this.#telling = telling;
  }

  /** Shows what there is, and then what changes; the returned function ends it. */
  start(): () => void {
    const { scope, prefix, view, show } = this.#telling;
    return scope.watchNamespaces(prefix, {
      added: () => {},
      removed: () => {},
      routed: (namespace, routes) => this.#routed(namespace, routes),
      renewing: (namespace) => {
        this.#renewing.add(namespaceKey(namespace));
        show(namespace, undefined);
      },
      renewed: (namespace) => {
        const key = namespaceKey(namespace);
        if (this.#renewing.delete(key)) show(namespace, this.#routes.get(key)?.route);
      },
    }, view);
  }

  /** Shows all again: the peer may see other namespaces than before. */
  showAgain(): void {
    for (const [key, { namespace, route }] of this.#routes) {
      if (!this.#renewing.has(key)) this.#telling.show(namespace, route);
    }
  }

  #routed(namespace: Namespace, routes: readonly AnnouncedRoute[]): void {
    const key = namespaceKey(namespace);
    const best = bestRoute(routes, this.#telling.hearer);
    if (best === undefined) {
      this.#routes.delete(key);
      this.#renewing.delete(key);
    } else this.#routes.set(key, { namespace, route: best });
    if (!this.#renewing.has(key)) this.#telling.show(namespace, best);
  }
}
