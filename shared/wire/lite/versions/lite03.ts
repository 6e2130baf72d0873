import { struct } from "../../codec.ts";
import { rfc9000 } from "../../varint.ts";
import { NamedAnnouncements } from "../announce_named.ts";
import {
  fetchMessage,
  groupMessage,
  hopCount,
  probeMessage,
  subscribeMessages,
} from "../fields.ts";
import { plainFrames } from "../frame.ts";
import { absent, message, name } from "../layout.ts";
import { earlyReplies } from "../replies.ts";
import {
  earlyRefusalCodes,
  earlyRefusalOf,
  earlySessionCodes,
  earlyStreamCodes,
} from "./early_codes.ts";
import type { LiteVersion } from "./version.ts";

const named = new NamedAnnouncements({ hops: hopCount, hasOk: false, mayRepeat: false });

/** moq-lite 03: no SETUP, no GOAWAY, and of the hops only how many they are. */
export const lite03: LiteVersion = {
  protocol: "moq-lite-03",
  number: 3,
  varint: rfc9000,
  requests: {
    announce: 1n,
    subscribe: 2n,
    fetch: 3n,
    probe: 4n,
    goaway: undefined,
    track: undefined,
  },
  uniStreams: { group: 0n, setup: undefined },
  messages: {
    setup: undefined,
    announceRequest: message(
      "ANNOUNCE_PLEASE",
      struct({ prefix: name("a prefix"), excludeHop: absent(0n) }),
    ),
    ...subscribeMessages(false),
    subscribeReply: earlyReplies,
    track: undefined,
    trackInfo: undefined,
    fetch: fetchMessage(false),
    probe: probeMessage(false),
    goaway: undefined,
    group: groupMessage(false),
  },
  announcements: {
    reader: () => named.reader(),
    writer: (hop) => named.writer(hop),
    fault: "stream",
    hasCosts: false,
  },
  frames: plainFrames,
  hasDatagrams: false,
  sessionCodes: earlySessionCodes,
  streamCodes: earlyStreamCodes,
  refusalCodes: earlyRefusalCodes,
  refusalOf: earlyRefusalOf,
};
