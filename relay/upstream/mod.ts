/** The source of tracks that are not published at this relay: other relays. */
export type { LinkTarget } from "./link_options.ts";
export type { Mesh } from "./mesh.ts";
export type { OriginTerms } from "./mesh_options.ts";
export { PassedOn } from "./passed_on.ts";
