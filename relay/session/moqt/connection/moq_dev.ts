import type { Draft, Filter, Location, SetupOptions } from "@qumo/shared/wire";

/**
 * Workarounds for the clients of moq-dev. They are detected by their SETUP extensions, and older
 * ones by their implementation name.
 */

/**
 * These clients ignore PUBLISH_DONE but subscribe again when a namespace is withdrawn and
 * announced: so a takeover is reported that way.
 */

/** The implementation name of their libraries. */
const IMPLEMENTATION = /^moq-lite-/;

/** That of our relays. */
const OURS = /^qumo-relay/;

/** Whether the peer is a client of moq-dev. */
export function isMoqDev(peer: SetupOptions): boolean {
  const { solicit, relayHops, implementation = "" } = peer;
  // Our own relays declare a hop id too.
  if (OURS.test(implementation)) return false;
  return solicit !== undefined || relayHops !== undefined || IMPLEMENTATION.test(implementation);
}

/**
 * The filter for a subscription to everything at a peer whose draft has a field for it (14): their
 * libraries up to 0.1 know none but this one there.
 */
export function filterForAll(peer: SetupOptions, { version }: Draft): Filter | undefined {
  return version !== undefined && isMoqDev(peer) ? { type: "largest_object" } : undefined;
}

/** Whether the peer uses their TypeScript library, which is never a relay. */
export function isLeaf(peer: SetupOptions): boolean {
  return peer.implementation === "moq-lite-js";
}

/**
 * The request id of a GOAWAY on the control stream (#message-goaway). The draft requires it, but
 * moq-dev's TypeScript clients fail on any byte behind the timeout.
 */
export function goawayRequestId(
  requestId: bigint,
  peer: SetupOptions | undefined,
): bigint | undefined {
  return peer !== undefined && isMoqDev(peer) ? undefined : requestId;
}

/**
 * The LARGEST_OBJECT parameter (#largest-param). moq-dev's clients in TypeScript, and older ones,
 * expect a length before the location and fail without it; they do not use the parameter, so it is
 * left out for them. Whoever asks for a fill reads it as the drafts have it, and takes no fill without
 * it.
 */
export function largestForSubscriber(
  largest: Location | undefined,
  peer: SetupOptions,
  asked: { readonly fill?: unknown } = {},
): { largestObject?: Location } {
  const isUseless = isMoqDev(peer) && asked.fill === undefined;
  return largest === undefined || isUseless ? {} : { largestObject: largest };
}
