import { trackText } from "@qumo/shared/runtime";
import type { LiteStart, LiteSubscribeReply, LiteTrack } from "@qumo/shared/wire";
import type { RequestOptions } from "../../../track/mod.ts";
import { isTransportEnd } from "../../errors.ts";
import { LITE_MAX_AGE_MS } from "../../limits.ts";
import type { LiteContext } from "../context.ts";
import { trackTextOf } from "../dialect/names.ts";
import type { LiteStream } from "../lite_stream.ts";
import { askTrackInfo, NO_SUCH_NAME, refusalOf, TOO_LATE } from "./ask.ts";
import type { LiteFeed } from "./lite_feed.ts";

/** What {@linkcode followSubscription} uses of its session. */
export type FollowContext = Pick<
  LiteContext,
  "version" | "clock" | "settings" | "metrics" | "log" | "tasks" | "streams"
>;

// In the middle: whose viewers are more urgent than others is not known upstream.
const PRIORITY = 128;

/** Subscribes to the track of a feed at the peer, until the feed is over. */
export async function followSubscription(
  context: FollowContext,
  feed: LiteFeed,
  options: RequestOptions,
): Promise<void> {
  const { clock, settings, metrics, version } = context;
  const name = trackTextOf(feed.target.track.name);
  if (name === undefined) return feed.refuse(NO_SUCH_NAME);
  const outcomes = metrics.upstreamRequests.subscribe;
  const late = clock.after(settings.requestTimeoutMs, () => feed.refuse(TOO_LATE));
  void feed.established.then((outcome) => {
    late.cancel();
    outcomes[outcome.ok ? "ok" : outcome.refusal.kind]++;
  });
  try {
    await follow(context, feed, { name, start: startOf(options) });
  } catch (error) {
    if (!isTransportEnd(error)) throw error;
    const refusal = refusalOf(version, error);
    feed.refuse(refusal);
    feed.lose(refusal.reason);
  }
}

function startOf({ from }: RequestOptions): LiteStart {
  return from === undefined ? { kind: "latest" } : { kind: "group", group: from.group };
}

async function follow(
  context: FollowContext,
  feed: LiteFeed,
  { name, start }: { readonly name: LiteTrack; readonly start: LiteStart },
): Promise<void> {
  const { version: { messages, requests }, streams, tasks } = context;
  const stream = await streams.open(requests.subscribe!);
  feed.requested(stream);
  if (feed.isOver) return stream.cancel("cancelled");
  if (messages.track !== undefined) tasks.spawn("track info", () => learnInfo(context, feed, name));
  stream.send(messages.subscribe.encode({
    ...name,
    id: feed.id,
    priority: PRIORITY,
    oldestFirst: false,
    maxAge: BigInt(LITE_MAX_AGE_MS),
    start,
    endGroup: undefined,
    startFrame: 0n,
    endFrame: undefined,
  }));
  try {
    await read(context, feed, stream);
  } finally {
    stream.finish();
  }
  await feed.ended;
}

/** Without what TRACK_INFO says the frames that come are not understood. */
async function learnInfo(
  context: FollowContext,
  feed: LiteFeed,
  name: LiteTrack,
): Promise<void> {
  try {
    const info = await askTrackInfo(context, name);
    if (info.ok) feed.establish(info.value);
    else feed.refuse(info.refusal);
  } catch (error) {
    if (!isTransportEnd(error)) throw error;
    feed.refuse(refusalOf(context.version, error));
  }
}

async function read(
  { version: { messages }, log }: FollowContext,
  feed: LiteFeed,
  stream: LiteStream,
): Promise<void> {
  const hasEnd = messages.track !== undefined;
  for (;;) {
    const reply = await stream.next(messages.subscribeReply);
    if (reply === undefined) break;
    receive(feed, reply);
    if (reply.kind !== "drop") continue;
    const { first, last, code } = reply;
    log.debug("groups dropped by the publisher", {
      track: trackText(feed.target.track.name),
      first: String(first),
      last: String(last),
      code: String(code),
    });
  }
  // Before 05 the end of the stream is that of the track.
  if (!hasEnd) feed.expectEnd(undefined);
  feed.refuse({ kind: "does_not_exist", reason: "the publisher ended the request" });
  if (!feed.isEnding) feed.lose("the publisher ended the subscription");
}

function receive(feed: LiteFeed, reply: LiteSubscribeReply): void {
  if (reply.kind === "ok" && reply.info !== undefined) feed.establish(reply.info);
  if (reply.kind === "end") feed.expectEnd(reply.group);
}
