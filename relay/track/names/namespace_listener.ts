import type { FullTrackName, Namespace } from "@qumo/shared/wire";
import type { AnnouncedRoute } from "./announced_route.ts";

/** Whether a publisher is connected to this relay, or reached through other relays. */
export type Origin = "local" | "remote";

/** The namespaces that a listener sees. */
export type NamespaceVisibility =
  /** Those of the whole mesh. */
  | "all"
  /** Those published at this relay. */
  | "local"
  /** Those of the whole mesh, except what relays outside the mesh forward. */
  | "no_other_relays"
  /** Those published at this relay, except what relays outside the mesh forward. */
  | "local_no_other_relays";

/**
 * Notified of namespaces that are announced and withdrawn. Calls are synchronous and must not
 * throw.
 */
export interface NamespaceListener {
  added(namespace: Namespace): void;
  removed(namespace: Namespace): void;
  /**
   * A publisher takes over from another: the namespace is withdrawn and announced again in a
   * moment, which `renewed` reports unless the namespace was removed meanwhile.
   */
  renewing?(namespace: Namespace): void;
  renewed?(namespace: Namespace): void;
  /** The routes to a namespace that was announced, or what is left of them; none when it is gone. */
  routed?(namespace: Namespace, routes: readonly AnnouncedRoute[]): void;
}

/** Notified of what this relay's own publishers have. Calls are synchronous and must not throw. */
export interface LocalListener {
  /** The first local publisher announced this namespace. */
  advertised(namespace: Namespace): void;
  withdrawn(namespace: Namespace): void;
  /** The routes by which local publishers have a namespace; none when it is gone. */
  routed(namespace: Namespace, routes: readonly AnnouncedRoute[]): void;
  /** A local publisher offers this track. */
  offered(name: FullTrackName): void;
  retracted(name: FullTrackName): void;
}
