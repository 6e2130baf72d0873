import type { Location, SetupOptions } from "@qumo/shared/wire";

/*
 * What the clients of moq-dev need beyond the draft. They are told by the extensions that they
 * declare in SETUP, which nobody else has, and the older ones by the name that they give there.
 */

/*
 * They do not act on PUBLISH_DONE, but begin anew when a namespace goes and comes: so they are told of
 * one that was taken over.
 */

/** What their libraries call themselves. */
const IMPLEMENTATION = /^moq-lite-/;

/** Whether the peer is one of them. */
export function isMoqDev(peer: SetupOptions): boolean {
  return peer.solicit !== undefined || peer.relayHops !== undefined ||
    IMPLEMENTATION.test(peer.implementation ?? "");
}

/** Whether the peer is their library in TypeScript, with which nobody builds a relay. */
export function isLeaf(peer: SetupOptions): boolean {
  return peer.implementation === "moq-lite-js";
}

/**
 * The request id of a GOAWAY on the control stream (#message-goaway). The draft wants it there, and
 * moq-dev's clients in TypeScript fail on it: they expect nothing behind the timeout.
 */
export function goawayRequestId(
  requestId: bigint,
  peer: SetupOptions | undefined,
): bigint | undefined {
  return peer !== undefined && isMoqDev(peer) ? undefined : requestId;
}

/**
 * The parameters that tell of the largest object (#largest-param). moq-dev's clients expect a length
 * before the location up to draft 19, where the draft has none, and fail on what they then read; they
 * do not use it, so they are not told.
 */
export function largestForSubscriber(
  largest: Location | undefined,
  peer: SetupOptions,
): { largestObject?: Location } {
  return largest === undefined || isMoqDev(peer) ? {} : { largestObject: largest };
}
