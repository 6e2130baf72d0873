import {
  type ControlMessage,
  MAX_RELAY_HOPS,
  type Parameters,
  type SetupOptions,
} from "@qumo/shared/wire";
import type { NamespaceVisibility, Refusal } from "../../../track/mod.ts";
import { violation } from "../../errors.ts";
import { RELAY_LIMIT_FACTOR } from "../../limits.ts";
import type { SessionSettings } from "../../settings.ts";
import type { Parties } from "./facets.ts";
import { isLeaf, isMoqDev } from "./moq_dev.ts";

/**
 * Differences in sessions with another relay of the mesh, which identifies itself by the relay name
 * in its SETUP.
 */

/** Whether the peer is a relay of the mesh. */
export function isRelay(peer: SetupOptions): boolean {
  return peer.relayName !== undefined;
}

/** What a SETUP says but for what only relays of the mesh tell each other. */
export function withoutMesh(
  { relayName: _, takesCuts: __, ...options }: SetupOptions,
): SetupOptions {
  return options;
}

/**
 * Whether the peer is a relay outside the mesh, which forwards what is announced to it: it declares
 * a hop id (draft-lcurley-moq-cluster). moq-dev's TypeScript library does so too, but is never a
 * relay.
 */
export function isOtherRelay(peer: SetupOptions): boolean {
  return !isRelay(peer) && peer.relayHops !== undefined && !isLeaf(peer);
}

/**
 * Filters what is announced to the peer. A relay outside the mesh is not told of names that came
 * from such a relay: without path information, announcements would loop.
 */
export function viewFor(view: NamespaceVisibility, peer: SetupOptions): NamespaceVisibility {
  if (!isOtherRelay(peer)) return view;
  return view === "local" ? "local_no_other_relays" : "no_other_relays";
}

/**
 * Whether the end of the peer's half of a subscription means unsubscribe. Relays of the mesh and
 * moq-dev's clients unsubscribe with STOP_SENDING and a FIN, of which Deno reports only the FIN
 * until something is written.
 */
export function leavesByFin(peer: SetupOptions): boolean {
  return isRelay(peer) || isMoqDev(peer);
}

/**
 * Whether the peer treats a data stream that ends within an object or its header as reset, since
 * Deno cannot reset streams. By the draft a receiver may close the session for that.
 */
export function understandsCuts(peer: SetupOptions): boolean {
  return isRelay(peer) && peer.takesCuts === true;
}

/** The mesh parameters of a request to another relay: scope, hops and trace. */
export function meshParameters(
  { peer, relayName }: Parties,
  scope: string,
  { via = [], trace }: { via?: readonly string[] | undefined; trace?: string | undefined },
): Parameters<"meshScope" | "meshHops" | "meshTrace"> {
  if (!isRelay(peer) || relayName === undefined) return {};
  return {
    ...(scope !== "" && { meshScope: scope }),
    meshHops: [...via, relayName],
    ...(trace !== undefined && { meshTrace: trace }),
  };
}

/** Throws when a peer that is no relay sends mesh parameters, or a relay a path that it is not on. */
export function checkMeshParameters(message: ControlMessage, peer: SetupOptions): void {
  if (!("parameters" in message)) return;
  if (isRelay(peer)) {
    const { meshHops } = message.parameters as Partial<Parameters<"meshHops">>;
    return checkOwnHop(meshHops?.at(-1), peer);
  }
  const stray = Object.keys(message.parameters).find((name) => name.startsWith("mesh"));
  if (stray !== undefined) throw violation(`${stray} is allowed between relays only`);
}

/** Throws when what a relay puts where its own name belongs in a path is another one. */
export function checkOwnHop(hop: string | undefined, { relayName }: SetupOptions): void {
  if (hop === undefined || hop === relayName) return;
  throw violation(`The relay ${relayName} tells a path that does not lead through it`);
}

/** The refusal of a request that has passed this relay before (a loop). */
export function loopOf(
  message: ControlMessage,
  relayName: string | undefined,
): Refusal | undefined {
  const hops = "parameters" in message && "meshHops" in message.parameters
    ? message.parameters.meshHops
    : undefined;
  return relayName !== undefined && hops?.includes(relayName) ? LOOP : undefined;
}

const LOOP: Refusal = {
  kind: "does_not_exist",
  reason: "routing loop: the request comes from this relay",
};

/**
 * The hops of a track as the next relay sees them, starting with this relay; cut at the maximum.
 */
export function hopsFrom(relayName: string, path: readonly string[]): readonly string[] {
  return [relayName, ...path].slice(0, MAX_RELAY_HOPS);
}

/**
 * The settings of a session with another relay, whose limits are higher since it serves many
 * clients.
 */
export function relaySettings(settings: SessionSettings): SessionSettings {
  const { limits } = settings;
  return {
    ...settings,
    limits: {
      ...limits,
      maxRequests: limits.maxRequests * RELAY_LIMIT_FACTOR,
      maxSubscriptions: limits.maxSubscriptions * RELAY_LIMIT_FACTOR,
      maxPublishedTracks: limits.maxPublishedTracks * RELAY_LIMIT_FACTOR,
      maxFetches: limits.maxFetches * RELAY_LIMIT_FACTOR,
    },
  };
}
