import { done, type Outcome, refused } from "@qumo/shared/runtime";
import { type ControlMessageOf, decodeTrackProperties } from "@qumo/shared/wire";
import type { Refusal, RequestOptions } from "../../../track/mod.ts";
import { violation } from "../../errors.ts";
import { filterForAll } from "../connection/moq_dev.ts";
import type { Parties, Wire } from "../connection/facets.ts";
import { meshParameters } from "../connection/relay_peer.ts";
import type { RequestChannel } from "../requests/requests.ts";
import { unsupportedExtension } from "../requests/unsupported.ts";
import { type AskContext, askPeer } from "./ask.ts";
import type { PeerFeed } from "./peer_feed.ts";
import { upstreamFilter } from "./upstream_filter.ts";

/** The peer's acceptance of a SUBSCRIBE, with the stream that it came on. */
interface AcceptedTrack {
  readonly stream: RequestChannel;
  readonly message: ControlMessageOf<"subscribeOk">;
}

/**
 * Asks the peer for the track of a feed with SUBSCRIBE. Undefined when the feed is over before the
 * answer comes; refused when the relay must not forward the track.
 */
export async function askTrack(
  context: AskContext & Wire & Parties,
  feed: PeerFeed,
  options: RequestOptions & { readonly scope: string },
): Promise<Outcome<AcceptedTrack, Refusal> | undefined> {
  const { newGroupRequest, via, trace, scope } = options;
  const { peer, draft } = context;
  const filter = upstreamFilter(options, peer) ?? filterForAll(peer, draft);
  const answer = await askPeer(context, {
    kind: "subscribe",
    track: feed.target.track.name,
    parameters: {
      // The relay serves all subscribers' filters itself, so it always requests forwarding.
      forward: true,
      ...(filter !== undefined && { filter }),
      ...meshParameters(context, scope, { via, trace }),
      ...(newGroupRequest !== undefined && { newGroupRequest }),
    },
  }, feed);
  if (!answer.ok) return answer;
  const { message, stream } = answer.value;
  if (message.kind !== "subscribeOk") throw violation(`${message.kind} does not answer SUBSCRIBE`);
  if (feed.isOver) {
    stream.cancel("cancelled");
    return undefined;
  }
  const { unknownMandatory } = decodeTrackProperties(message.properties, draft.data);
  if (unknownMandatory.length === 0) return done({ stream, message });
  stream.cancel("cancelled");
  return refused(unsupportedExtension(unknownMandatory));
}
