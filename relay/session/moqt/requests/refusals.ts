import {
  type ControlMessageOf,
  DoneCode,
  MESH_REPLACED,
  RequestCode,
  type SetupOptions,
} from "@qumo/shared/wire";
import type { Refusal, TrackEnd } from "../../../track/mod.ts";
import { isRelay } from "../connection/relay_peer.ts";
import type { RefusalKind, TrackEndKind, UpstreamOutcome } from "../../../vocabulary.ts";

const REQUEST_CODES: Record<RefusalKind, RequestCode> = {
  internal_error: RequestCode.INTERNAL_ERROR,
  unauthorized: RequestCode.UNAUTHORIZED,
  timeout: RequestCode.TIMEOUT,
  not_supported: RequestCode.NOT_SUPPORTED,
  going_away: RequestCode.GOING_AWAY,
  excessive_load: RequestCode.EXCESSIVE_LOAD,
  does_not_exist: RequestCode.DOES_NOT_EXIST,
  invalid_range: RequestCode.INVALID_RANGE,
  malformed_track: RequestCode.MALFORMED_TRACK,
  duplicate_subscription: RequestCode.DUPLICATE_SUBSCRIPTION,
  uninterested: RequestCode.UNINTERESTED,
  prefix_overlap: RequestCode.PREFIX_OVERLAP,
  namespace_too_large: RequestCode.NAMESPACE_TOO_LARGE,
  invalid_joining_request_id: RequestCode.INVALID_JOINING_REQUEST_ID,
  unsupported_extension: RequestCode.UNSUPPORTED_EXTENSION,
  malformed_auth_token: RequestCode.MALFORMED_AUTH_TOKEN,
  expired_auth_token: RequestCode.EXPIRED_AUTH_TOKEN,
};

const REFUSAL_KINDS = new Map(
  Object.entries(REQUEST_CODES).map(([kind, code]) => [BigInt(code), kind as RefusalKind]),
);

/** Why a subscription that we serve ends: with its track, or by itself. */
export interface SubscriptionEnd {
  readonly kind: TrackEndKind | "too_far_behind";
  readonly reason: string;
}

const DONE_CODES: Record<SubscriptionEnd["kind"], DoneCode> = {
  ended: DoneCode.TRACK_ENDED,
  lost: DoneCode.INTERNAL_ERROR,
  // The track goes on: who took this for its end would not come back.
  replaced: DoneCode.INTERNAL_ERROR,
  malformed: DoneCode.MALFORMED_TRACK,
  going_away: DoneCode.GOING_AWAY,
  expired: DoneCode.EXPIRED,
  unauthorized: DoneCode.UNAUTHORIZED,
  excessive_load: DoneCode.EXCESSIVE_LOAD,
  internal_error: DoneCode.INTERNAL_ERROR,
  too_far_behind: DoneCode.TOO_FAR_BEHIND,
  update_failed: DoneCode.UPDATE_FAILED,
};

const END_KINDS = new Map<bigint, TrackEndKind>([
  [BigInt(DoneCode.UNAUTHORIZED), "unauthorized"],
  [BigInt(DoneCode.TRACK_ENDED), "ended"],
  [BigInt(DoneCode.SUBSCRIPTION_ENDED), "ended"],
  [BigInt(DoneCode.GOING_AWAY), "going_away"],
  [BigInt(DoneCode.EXPIRED), "expired"],
  [BigInt(DoneCode.UPDATE_FAILED), "update_failed"],
  [BigInt(DoneCode.EXCESSIVE_LOAD), "excessive_load"],
  [BigInt(DoneCode.MALFORMED_TRACK), "malformed"],
  [MESH_REPLACED, "replaced"],
]);

/** A refusal as a REQUEST_ERROR. */
export function requestError(refusal: Refusal): ControlMessageOf<"requestError"> {
  const { kind, reason, retryAfter } = refusal;
  return {
    kind: "requestError",
    code: BigInt(REQUEST_CODES[kind]),
    retryAfter: retryAfter === undefined ? 0n : BigInt(Math.round(retryAfter)) + 1n,
    reason,
  };
}

/** What a peer's REQUEST_ERROR means; a code that nobody knows is an internal error. */
export function refusalOf(error: ControlMessageOf<"requestError">): Refusal {
  const kind = REFUSAL_KINDS.get(error.code) ?? "internal_error";
  const { reason, retryAfter } = error;
  if (retryAfter === 0n) return { kind, reason };
  // Longer than that nobody waits.
  return { kind, reason, retryAfter: Math.min(Number(retryAfter - 1n), Number.MAX_SAFE_INTEGER) };
}

/** The word that the metrics have for a peer's REQUEST_ERROR. */
export function outcomeOf({ code, redirect }: ControlMessageOf<"requestError">): UpstreamOutcome {
  return REFUSAL_KINDS.get(code) ?? (redirect === undefined ? "other" : "redirect");
}

/** A subscription's end as a PUBLISH_DONE. */
export function publishDone(
  end: SubscriptionEnd,
  streams: number,
  peer: SetupOptions,
): ControlMessageOf<"publishDone"> {
  return {
    kind: "publishDone",
    // Other relays are told what no code of the drafts says.
    code: end.kind === "replaced" && isRelay(peer) ? MESH_REPLACED : BigInt(DONE_CODES[end.kind]),
    streamCount: BigInt(streams),
    reason: end.reason,
  };
}

/** What a peer's PUBLISH_DONE means; a code that nobody knows is an internal error. */
export function trackEndOf(done: ControlMessageOf<"publishDone">): TrackEnd {
  return { kind: END_KINDS.get(done.code) ?? "internal_error", reason: done.reason };
}
