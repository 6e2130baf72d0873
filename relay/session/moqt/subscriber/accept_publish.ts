import { type ControlMessageOf, decodeTrackProperties } from "@qumo/shared/wire";
import type { Refusal } from "../../../track/mod.ts";
import type { PeerPublisher } from "./peer_publisher.ts";
import { nameFields, refuse as refuseRequest, type RefuseContext } from "../requests/refuse.ts";
import type { RequestChannel } from "../requests/requests.ts";
import { checkName } from "../requests/reserved.ts";
import { unsupportedExtension } from "../requests/unsupported.ts";
import type { Configured, PeerNames, Permission, Wire } from "../connection/facets.ts";

/** The interfaces that {@linkcode acceptPublish} uses of its session. */
export type PublishContext = Wire & PeerNames & Permission & Configured & RefuseContext;

/** Answers a PUBLISH: registers the track, which is forwarded once it has subscribers. */
export async function acceptPublish(
  context: PublishContext,
  publisher: PeerPublisher,
  stream: RequestChannel,
  message: ControlMessageOf<"publish">,
): Promise<void> {
  const { metrics, scope } = context;
  const refuse = (refusal: Refusal) =>
    void refuseRequest(context, stream, { request: "publish", refusal });
  const refusal = await refusalOf(context, publisher, message);
  if (refusal !== undefined) return refuse(refusal);
  const known = scope.find(message.track);
  if (known !== undefined) await publisher.endCancelled(known);
  const entry = scope.entry(message.track);
  if (entry === undefined) return refuse({ kind: "excessive_load", reason: "too many tracks" });
  const taken = scope.refusalOfTrack(entry, publisher);
  if (taken !== undefined) return refuse(taken);
  const asked = publisher.waitingFor(entry);
  if (entry.feeds.has(publisher) && asked === undefined) {
    return refuse({ kind: "duplicate_subscription", reason: "the track is published already" });
  }
  const feed = publisher.newFeed(entry, { offered: true, bringsPast: false });
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
    feed.agree(stream, forward);
    await feed.listen(stream);
  } finally {
    feed.lose("the publisher's request ended");
    publisher.forget(feed);
  }
}

async function refusalOf(
  context: PublishContext,
  publisher: PeerPublisher,
  message: ControlMessageOf<"publish">,
): Promise<Refusal | undefined> {
  const { track, parameters, properties } = message;
  const { maxPublishedTracks } = context.settings.limits;
  const outcome = await context.authorize(
    "publish",
    { namespace: track.namespace, track },
    parameters.authorizationTokens,
  );
  if (!outcome.ok) return outcome.refusal;
  if (publisher.trackCount >= maxPublishedTracks) {
    return { kind: "excessive_load", reason: `more than ${maxPublishedTracks} tracks` };
  }
  const { unknownMandatory } = decodeTrackProperties(properties, context.draft.data);
  if (unknownMandatory.length > 0) return unsupportedExtension(unknownMandatory);
  return checkName(track);
}
