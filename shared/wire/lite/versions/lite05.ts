import { struct } from "../../codec.ts";
import { NamedAnnouncements } from "../announce_named.ts";
import { hopList, infoOf, trackFields } from "../fields.ts";
import { timedFrames } from "../frame.ts";
import { message } from "../layout.ts";
import { replies } from "../replies.ts";
import { firstParameters, setupMessage } from "../setup.ts";
import { lite04 } from "./lite04.ts";
import type { LiteVersion } from "./version.ts";

const named = new NamedAnnouncements({ hops: hopList, hasOk: true, mayRepeat: true });

/** moq-lite 05: SETUP, TRACK_INFO instead of what SUBSCRIBE_OK said, timestamps, and datagrams. */
export const lite05: LiteVersion = {
  ...lite04,
  protocol: "moq-lite-05",
  number: 5,
  requests: { ...lite04.requests, track: 6n },
  uniStreams: { group: 0n, setup: 1n },
  messages: {
    ...lite04.messages,
    setup: setupMessage(firstParameters),
    subscribeReply: replies,
    track: message("TRACK", struct(trackFields)),
    trackInfo: message("TRACK_INFO", infoOf.ordered),
  },
  announcements: {
    reader: () => named.reader(),
    writer: (hop) => named.writer(hop),
    fault: "stream",
    hasCosts: false,
  },
  frames: timedFrames,
  hasDatagrams: true,
};
