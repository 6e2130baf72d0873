import { done, type Outcome, refused } from "@qumo/shared/runtime";
import { type ControlMessageOf, type FullTrackName, outOfScope } from "@qumo/shared/wire";
import type { Refusal, TrackStatus } from "../../../track/mod.ts";
import { isTransportEnd, violation } from "../../errors.ts";
import { shownToken } from "../../connection/shown_token.ts";
import type { Judging, Lifetime, Wire } from "../connection/facets.ts";
import { type AskContext, askPeer, GOING_AWAY, leaveRequest, NO_ANSWER } from "./ask.ts";

/** What {@linkcode askStatus} and {@linkcode pingPeer} use of their session. */
export type StatusContext = AskContext & Wire & Lifetime & Judging;

type StatusParameters = ControlMessageOf<"trackStatus">["parameters"];

/** Sends TRACK_STATUS to the peer. Never rejects. */
export async function askStatus(
  context: StatusContext,
  name: FullTrackName,
  parameters: StatusParameters,
): Promise<Outcome<TrackStatus, Refusal>> {
  try {
    return await statusOf(context, name, parameters);
  } catch (error) {
    // Who asks is another peer: what this one does wrong costs its own session.
    context.closer.fail(error);
    return refused(NO_ANSWER);
  }
}

async function statusOf(
  context: StatusContext,
  name: FullTrackName,
  parameters: StatusParameters,
): Promise<Outcome<TrackStatus, Refusal>> {
  if (context.shutdown.isLeaving) return refused(GOING_AWAY);
  const answer = await askPeer(context, { kind: "trackStatus", track: name, parameters });
  if (!answer.ok) return answer;
  const { message, stream } = answer.value;
  leaveRequest(context, stream);
  if (
    message.kind !== "requestOk" || outOfScope(message.parameters, stream.rules.ok.trackStatus)
  ) {
    throw violation(`${message.kind} does not answer TRACK_STATUS`);
  }
  const { properties: bytes, parameters: reported } = message;
  const properties = { bytes, form: context.draft.data.properties };
  return done({ largest: reported.largestObject, properties });
}

/**
 * Pings the peer by a TRACK_STATUS of a reserved track, which no relay forwards, and shows it a token if
 * there is a new one. Never rejects.
 */
export async function pingPeer(context: StatusContext, token?: string): Promise<boolean> {
  const outcomes = context.metrics.upstreamRequests.link_probe;
  const parameters = token === undefined ? {} : { authorizationTokens: [shownToken(token)] };
  try {
    const stream = await context.requests.open("trackStatus");
    const requestId = stream.nextId();
    stream.send({ kind: "trackStatus", requestId, track: PING, parameters });
    const answer = await stream.next();
    leaveRequest(context, stream);
    outcomes[answer === undefined ? "cancelled" : "ok"]++;
    return answer !== undefined;
  } catch (error) {
    outcomes.cancelled++;
    if (!isTransportEnd(error)) context.closer.fail(error);
    return false;
  }
}

// Tracks of the session itself are never forwarded (#reserved-namespaces).
const PING: FullTrackName = {
  namespace: [new TextEncoder().encode(".session")],
  name: new TextEncoder().encode("ping"),
};
