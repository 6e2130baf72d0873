import { type Outcome, refused } from "@qumo/shared/runtime";
import { type ControlMessageOf, decodeTrackProperties } from "@qumo/shared/wire";
import type { Refusal } from "../../../track/mod.ts";
import type { PeerPublisher } from "./peer_publisher.ts";
import { nameFields } from "../requests/refuse.ts";
import type { RequestChannel } from "../requests/requests.ts";
import { checkName } from "../../connection/reserved.ts";
import { unsupportedExtension } from "../requests/unsupported.ts";
import type { RequestPermit } from "../connection/access.ts";
import type { Configured, PeerNames, Permission, Reporting, Wire } from "../connection/facets.ts";

/** What {@linkcode acceptPublish} uses of its session. */
export type PublishContext = Reporting & Wire & PeerNames & Permission & Configured;

/** Answers a PUBLISH, unless that is refused: the track is known from now on, and flows when somebody wants it. */
export async function acceptPublish(
  context: PublishContext,
  publisher: PeerPublisher,
  stream: RequestChannel,
  message: ControlMessageOf<"publish">,
): Promise<Refusal | undefined> {
  const { metrics, scope } = context;
  const allowed = await allowedPublish(context, publisher, message);
  if (!allowed.ok) return allowed.refusal;
  const permit = allowed.value;
  const known = scope.find(message.track);
  if (known !== undefined) await publisher.endCancelled(known);
  const entry = scope.entry(message.track);
  if (entry === undefined) return { kind: "excessive_load", reason: "too many tracks" };
  const taken = scope.refusalOfTrack(entry, publisher);
  if (taken !== undefined) return taken;
  const asked = publisher.waitingFor(entry);
  if (entry.feeds.has(publisher) && asked === undefined) {
    const isAllowed = context.draft.allows?.severalSubscriptions;
    const kind = isAllowed ? "uninterested" : "duplicate_subscription";
    return { kind, reason: "the track is published already" };
  }
  const feed = publisher.newFeed(entry, { offered: true, bringsPast: false });
  permit.onLost(({ reason }) => publisher.cutTrack(feed, reason));
  try {
    publisher.establish(feed, stream, message);
    metrics.requests.publish.ok++;
    context.events.say("track published", { ...nameFields(message.track), path: scope.path });
    const forward = publisher.alwaysForwards || scope.wantsObjects(entry);
    // Our SUBSCRIBE crossed the peer's PUBLISH; only one subscription may remain (#subscriptions).
    asked?.cancel();
    // A subscriber to tracks may subscribe at once: its forward state goes into the answer.
    feed.holdUpdates();
    scope.offer(entry, { publisher, feed }, forward);
    feed.agree(stream, { forward, offered: message.parameters.forward ?? true });
    await feed.listen(stream, permit);
    return undefined;
  } finally {
    permit.release();
    feed.lose("the publisher's request ended");
    publisher.forget(feed);
  }
}

async function allowedPublish(
  context: PublishContext,
  publisher: PeerPublisher,
  message: ControlMessageOf<"publish">,
): Promise<Outcome<RequestPermit, Refusal>> {
  const { track, parameters, properties } = message;
  const { maxPublishedTracks } = context.settings.limits;
  const outcome = await context.access.authorize(
    "publish",
    { namespace: track.namespace, track },
    parameters.authorizationTokens,
  );
  if (!outcome.ok) return outcome;
  if (publisher.trackCount >= maxPublishedTracks) {
    return refused({ kind: "excessive_load", reason: `more than ${maxPublishedTracks} tracks` });
  }
  const { unknownMandatory } = decodeTrackProperties(properties, context.draft.data);
  if (unknownMandatory.length > 0) return refused(unsupportedExtension(unknownMandatory));
  const refusal = checkName(track);
  return refusal === undefined ? outcome : refused(refusal);
}
