/** Where a track comes from when nobody publishes it here: other relays. */
export { HeardConnection } from "./heard_connection.ts";
export type { LinkSession, LinkTarget } from "./link.ts";
export { type LinkSessionOptions, Mesh, type MeshOptions } from "./mesh.ts";
export type { MeshMetrics } from "./metrics.ts";
export type { MeshSettings } from "./settings.ts";
