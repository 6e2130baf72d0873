import { struct, varint } from "../../codec.ts";
import { MAX_URI_BYTES } from "../../limits.ts";
import { NamedAnnouncements } from "../announce_named.ts";
import { hopList, probeMessage } from "../fields.ts";
import { message, name } from "../layout.ts";
import { lite03 } from "./lite03.ts";
import type { LiteVersion } from "./version.ts";

const named = new NamedAnnouncements({ hops: hopList, hasOk: false, mayRepeat: false });

/** moq-lite 04: hops by their ids, GOAWAY, and the round trip in PROBE. */
export const lite04: LiteVersion = {
  ...lite03,
  protocol: "moq-lite-04",
  number: 4,
  requests: { ...lite03.requests, goaway: 5n },
  messages: {
    ...lite03.messages,
    announceRequest: message(
      "ANNOUNCE_INTEREST",
      struct({ prefix: name("a prefix"), excludeHop: varint }),
    ),
    probe: probeMessage(true),
    goaway: message("GOAWAY", struct({ uri: name("a URI", MAX_URI_BYTES) })),
  },
  announcements: {
    reader: () => named.reader(),
    writer: (hop) => named.writer(hop),
    fault: "stream",
    hasCosts: false,
  },
};
