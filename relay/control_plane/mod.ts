/**
 * The relay's side of the control plane: registration, heartbeats, and the mirror of the
 * controller's state.
 */
export type { ControlPlane } from "./control_plane.ts";
export type { RelayReport } from "./heartbeat.ts";
export type { Identity, PublicKey } from "./identity.ts";
export type { InterestTable } from "./interests.ts";
export type { MirroredRelay, MirrorView } from "./mirror_view.ts";
export { callableUrl, parseRelayUrl, RELAY_URL_FORM } from "./relay_url.ts";
export { type ControlPlaneSettings, controlPlaneSettings } from "./settings.ts";
