/** The source of tracks that are not published at this relay: other relays. */
export { HeardConnection } from "./heard_connection.ts";
export type { LinkTarget } from "./link.ts";
export { Mesh } from "./mesh.ts";
export type { MeshOptions } from "./mesh_options.ts";
export type { MeshMetrics } from "./metrics.ts";
export type { MeshSettings } from "./settings.ts";
