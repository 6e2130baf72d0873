import { done, type Outcome, refused } from "@qumo/shared/runtime";
import type { ControlMessageOf } from "@qumo/shared/wire";
import type { Refusal, TrackStatus } from "../../../track/mod.ts";
import { largestForSubscriber } from "../connection/moq_dev.ts";
import { INEXPRESSIBLE_ANSWER, requestOk } from "../requests/answers.ts";
import type { RequestChannel } from "../requests/requests.ts";
import { checkName, isOfSession } from "../../connection/reserved.ts";
import { sayProperties } from "./say_properties.ts";
import type { Parties, Permission, Reporting, RequestNames, Wire } from "../connection/facets.ts";

/** What {@linkcode serveTrackStatus} uses of its session. */
export type TrackStatusContext = Reporting & Wire & Parties & RequestNames & Permission;

/** Answers a TRACK_STATUS, from what is known or by asking a publisher, unless that is refused. */
export async function serveTrackStatus(
  context: TrackStatusContext,
  stream: RequestChannel,
  message: ControlMessageOf<"trackStatus">,
): Promise<Refusal | undefined> {
  const { metrics, peer } = context;
  const status = await allowedStatus(context, message);
  if (!status.ok) return status.refusal;
  const isWanted = message.parameters.includeProperties !== false;
  const block = isWanted ? status.value.properties : undefined;
  const properties = sayProperties(context, message.track, block);
  if (!properties.ok) return properties.refusal;
  const parameters = largestForSubscriber(status.value.largest, peer);
  const answer = requestOk(parameters, properties.value);
  if (!stream.trySend(answer)) return INEXPRESSIBLE_ANSWER;
  metrics.requests.track_status.ok++;
  stream.finish();
  return undefined;
}

async function allowedStatus(
  context: TrackStatusContext,
  message: ControlMessageOf<"trackStatus">,
): Promise<Outcome<TrackStatus, Refusal>> {
  const { track, parameters } = message;
  const refusal = checkName(track);
  if (refusal !== undefined) return refused(await renewed(context, message) ?? refusal);
  const name = { namespace: track.namespace, track, scope: parameters.meshScope };
  const allowed = await context.access.authorize(
    "track_status",
    name,
    parameters.authorizationTokens,
  );
  if (!allowed.ok) return allowed;
  const scope = context.scopes.of(message, context.scope);
  if (!scope.ok) return scope;
  const entry = scope.value.find(track);
  if (entry?.feeds.established) {
    return done({ largest: entry.track.largest, properties: entry.track.propertyBlock });
  }
  await scope.value.lookUp(track);
  const source = scope.value.sourceOf(track);
  if (source === undefined) return refused(NO_PUBLISHER);
  return await source.trackStatus(track, parameters.meshHops);
}

/** A ping may bring the token by which its session goes on; the refusal of one that is not good. */
async function renewed(
  { access }: Permission,
  { track, parameters: { authorizationTokens } }: ControlMessageOf<"trackStatus">,
): Promise<Refusal | undefined> {
  if (authorizationTokens === undefined || !isOfSession(track.namespace)) return undefined;
  const outcome = await access.renew(authorizationTokens);
  return outcome.ok ? undefined : outcome.refusal;
}

const NO_PUBLISHER: Refusal = { kind: "does_not_exist", reason: "nobody publishes the track" };
