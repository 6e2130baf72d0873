import {
  type ControlMessage,
  MAX_RELAY_HOPS,
  type Parameters,
  type SetupOptions,
} from "@qumo/shared/wire";
import type { NamespaceView, Refusal } from "../../../track/mod.ts";
import { violation } from "../../errors.ts";
import { RELAY_LIMIT_FACTOR } from "../../limits.ts";
import type { SessionSettings } from "../../settings.ts";
import type { Parties } from "./facets.ts";
import { isLeaf, isMoqDev } from "./moq_dev.ts";

/*
 * What is different when the peer is another relay of ours, which it says by naming itself in SETUP.
 */

/** Whether the peer is another relay. */
export function isRelay(peer: SetupOptions): boolean {
  return peer.relayName !== undefined;
}

/**
 * Whether the peer is a relay that is none of ours, which passes on what it is shown. It has a hop id
 * (draft-lcurley-moq-cluster), as moq-dev's library in TypeScript has too, which is never a relay.
 */
export function isOtherRelay(peer: SetupOptions): boolean {
  return !isRelay(peer) && peer.relayHops !== undefined && !isLeaf(peer);
}

/**
 * What is shown to the peer of what it may see. Another relay is not shown what came from it or from
 * another of its kind: it would give it back, for ever, as long as nobody says which way things came.
 */
export function viewFor(view: NamespaceView, peer: SetupOptions): NamespaceView {
  if (!isOtherRelay(peer)) return view;
  return view === "local" ? "local_no_other_relays" : "no_other_relays";
}

/**
 * Whether the end of the peer's half of a subscription says that it left. Relays of ours and moq-dev's
 * clients leave with STOP_SENDING and a FIN, of which Deno shows only the FIN until something is
 * written.
 */
export function leavesByFin(peer: SetupOptions): boolean {
  return isRelay(peer) || isMoqDev(peer);
}

/**
 * Whether the peer takes a data stream that ends within an object, or an object's header, for one that
 * was reset, which Deno cannot say otherwise. The draft lets a receiver end the session for it.
 */
export function understandsCuts(peer: SetupOptions): boolean {
  return isRelay(peer) && peer.takesCuts === true;
}

/** What a request to another relay says beside what it asks for: the scope, the way it came, its trace. */
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

/** Refuses what only relays may say to each other. */
export function checkMeshParameters(message: ControlMessage, peer: SetupOptions): void {
  if (isRelay(peer) || !("parameters" in message)) return;
  const stray = Object.keys(message.parameters).find((name) => name.startsWith("mesh"));
  if (stray !== undefined) throw violation(`${stray} is allowed between relays only`);
}

/** The refusal of a request that has come by this relay before. */
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

/** The way of a track as another relay sees it that we send it to; no longer than can be said. */
export function wayFrom(relayName: string, path: readonly string[]): readonly string[] {
  return [relayName, ...path].slice(0, MAX_RELAY_HOPS);
}

/** The settings of a session with another relay, which asks on behalf of many. */
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
