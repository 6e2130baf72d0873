import { numberedAnnouncements } from "../announce_numbered.ts";
import { fetchMessage, groupMessage, infoOf, subscribeMessages } from "../fields.ts";
import { message } from "../layout.ts";
import { allParameters, setupMessage } from "../setup.ts";
import { lite03 } from "./lite03.ts";
import { lite05 } from "./lite05.ts";
import { refusalCodes, refusalOf, sessionCodes, streamCodes } from "./lite06_codes.ts";
import type { LiteVersion } from "./version.ts";

/** moq-lite 06: announcements with numbers and costs, positions of frames, and codes of its own. */
export const lite06: LiteVersion = {
  ...lite05,
  protocol: "moq-lite-06",
  number: 6,
  messages: {
    ...lite05.messages,
    setup: setupMessage(allParameters),
    announceRequest: lite03.messages.announceRequest,
    ...subscribeMessages(true),
    trackInfo: message("TRACK_INFO", infoOf.newest_first),
    fetch: fetchMessage(true),
    group: groupMessage(true),
  },
  announcements: { ...numberedAnnouncements, fault: "session", hasCosts: true },
  sessionCodes,
  streamCodes,
  refusalCodes,
  refusalOf,
};
