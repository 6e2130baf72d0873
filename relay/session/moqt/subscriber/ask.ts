import { done, type Outcome, refused } from "@qumo/shared/runtime";
import { type ControlMessage, type ControlMessageOf } from "@qumo/shared/wire";
import type { Refusal } from "../../../track/mod.ts";
import { isTransportEnd } from "../../errors.ts";
import type { Configured, Reporting, Timing } from "../connection/facets.ts";
import { INEXPRESSIBLE_REQUEST } from "../requests/answers.ts";
import { openInTime } from "../requests/open_in_time.ts";
import { outcomeOf, refusalOf } from "../requests/refusals.ts";
import type { Asking, RequestChannel } from "../requests/requests.ts";

/** The interfaces that {@linkcode askPeer} uses of its session. */
export type AskContext = Reporting & Timing & Configured & Asking;

/** The feed that requests, whose request may be cancelled meanwhile. */
export interface AskingFeed {
  readonly isOver: boolean;
  /** Called with the stream of the request. */
  requested(stream: RequestChannel): void;
}

/** A request for a track, without its id. */
export type Asked =
  | Omit<ControlMessageOf<"subscribe">, "requestId">
  | Omit<ControlMessageOf<"trackStatus">, "requestId">;

/** Sends a request and waits for the answer, with a time limit, until `feed` no longer needs it. */
export async function askPeer(
  context: AskContext,
  message: Asked,
  feed?: AskingFeed,
): Promise<Outcome<{ message: ControlMessage; stream: RequestChannel }, Refusal>> {
  const { clock, settings, metrics } = context;
  const outcomes =
    metrics.upstreamRequests[message.kind === "subscribe" ? "subscribe" : "track_status"];
  const { requestTimeoutMs: limitMs } = settings;
  let stream: RequestChannel | undefined;
  let late = false;
  const timer = clock.after(limitMs, () => {
    late = true;
    stream?.cancel("cancelled");
  });
  try {
    stream = await openInTime(context.requests, { kind: message.kind, clock, limitMs });
    if (stream === undefined) {
      outcomes.timeout++;
      return refused(TAKES_NO_MORE);
    }
    feed?.requested(stream);
    if (late || feed?.isOver) {
      stream.cancel("cancelled");
      return refused(TOO_LATE);
    }
    if (!stream.trySend({ ...message, requestId: stream.nextId() })) {
      stream.cancel("cancelled");
      outcomes.not_supported++;
      return refused(INEXPRESSIBLE_REQUEST);
    }
    const answer = await stream.next();
    if (answer?.kind === "requestError") {
      leaveRequest(context, stream);
      outcomes[outcomeOf(answer)]++;
      return refused(refusalOf(answer));
    }
    if (answer === undefined) return refused(NO_ANSWER);
    outcomes.ok++;
    return done({ message: answer, stream });
  } catch (error) {
    if (!isTransportEnd(error)) throw error;
    outcomes[late ? "timeout" : "cancelled"]++;
    return refused(late ? TOO_LATE : NO_ANSWER);
  } finally {
    timer.cancel();
  }
}

/** Ends our half of a request and drops the rest of the peer's. */
export function leaveRequest({ tasks }: AskContext, stream: RequestChannel): void {
  stream.finish();
  tasks.spawn("drain", () => stream.drain());
}

/** The refusal when the peer has sent GOAWAY. */
export const GOING_AWAY: Refusal = {
  kind: "going_away",
  reason: "the publisher is going away",
};
/** The refusal when the peer's session has ended. */
export const GONE: Refusal = { kind: "does_not_exist", reason: "the publisher is gone" };
/** The refusal when the peer did not answer in time. */
export const NO_ANSWER: Refusal = {
  kind: "internal_error",
  reason: "the publisher gave no answer",
};
const TAKES_NO_MORE: Refusal = {
  kind: "timeout",
  reason: "the publisher allows no more requests",
};
const TOO_LATE: Refusal = { kind: "timeout", reason: "the publisher did not answer in time" };
