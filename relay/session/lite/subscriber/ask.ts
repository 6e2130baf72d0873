import { done, type Outcome, refused } from "@qumo/shared/runtime";
import type { LiteTrack, LiteTrackInfo, LiteVersion } from "@qumo/shared/wire";
import type { Refusal } from "../../../track/mod.ts";
import type { TransportError } from "../../../transport/errors.ts";
import type { LiteContext } from "../context.ts";
import type { LiteStream } from "../lite_stream.ts";

/** What {@linkcode askTrackInfo} uses of its session. */
export type AskContext = Pick<LiteContext, "version" | "clock" | "settings" | "streams">;

/**
 * Asks the peer what a track is like, with a time limit. Rejects when the stream is reset, by which
 * the peer refuses.
 */
export async function askTrackInfo(
  context: AskContext,
  track: LiteTrack,
): Promise<Outcome<LiteTrackInfo, Refusal>> {
  const { version: { messages, requests }, clock, settings, streams } = context;
  if (messages.track === undefined) return refused(NOT_SUPPORTED);
  let stream: LiteStream | undefined;
  let isLate = false;
  const timer = clock.after(settings.requestTimeoutMs, () => {
    isLate = true;
    stream?.cancel("cancelled");
  });
  try {
    stream = await streams.open(requests.track!);
    stream.send(messages.track.encode(track));
    const info = isLate ? undefined : await stream.next(messages.trackInfo!);
    if (info !== undefined) return done(info);
    return refused(isLate ? TOO_LATE : NO_ANSWER);
  } finally {
    timer.cancel();
    stream?.finish();
  }
}

/** Why the peer reset the stream of a request. */
export function refusalOf({ refusalOf }: LiteVersion, { kind, code }: TransportError): Refusal {
  if (kind === "closed") return NO_ANSWER;
  const name = refusalOf(code);
  const isKnown = name !== "unknown" && name !== "redirect";
  return {
    kind: isKnown ? name : "internal_error",
    reason: `the publisher refused with code ${code}`,
  };
}

/** The refusal of a track that cannot be named to the peer. */
export const NO_SUCH_NAME: Refusal = {
  kind: "does_not_exist",
  reason: "moq-lite cannot name the track",
};
/** The refusal when the peer did not answer in time. */
export const TOO_LATE: Refusal = {
  kind: "timeout",
  reason: "the publisher did not answer in time",
};
const NO_ANSWER: Refusal = { kind: "does_not_exist", reason: "the publisher gave no answer" };
const NOT_SUPPORTED: Refusal = {
  kind: "not_supported",
  reason: "the publisher's version of the protocol has no such request",
};
