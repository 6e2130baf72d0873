/** Where a track comes from when nobody publishes it here: other relays. */
export { HeardConnection } from "./heard_connection.ts";
export type { LinkSession, LinkState, LinkTarget } from "./link.ts";
export {
  type LinkSessionOptions,
  type LinkView,
  Mesh,
  type MeshOptions,
  type RouteView,
} from "./mesh.ts";
export type { LookupResult, MeshMetrics, RerouteReason } from "./metrics.ts";
export type { MeshSettings } from "./settings.ts";
