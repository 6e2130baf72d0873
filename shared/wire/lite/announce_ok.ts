import { type Codec, struct, varint } from "../codec.ts";
import { message } from "./layout.ts";
import { MAX_LITE_ANNOUNCEMENTS } from "./limits.ts";

const count: Codec<number> = {
  encode: (writer, value) => writer.count(value),
  decode: (reader) => reader.count(MAX_LITE_ANNOUNCEMENTS, "The number of announcements"),
};

/** ANNOUNCE_OK of 05 and 06: the publisher's hop id, and how many announcements follow at once. */
export const announceOk = message("ANNOUNCE_OK", struct({ hop: varint, active: count }));
