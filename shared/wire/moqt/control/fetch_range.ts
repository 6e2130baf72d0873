import type { ByteReader, ByteWriter } from "../../bytes.ts";
import { type Codec, struct, varint } from "../../codec.ts";
import { DecodeError } from "../../errors.ts";
import { type Location, location } from "../../location.ts";
import { type FullTrackName, fullTrackName } from "../../names.ts";
import { type FetchRange, WHOLE_GROUP } from "../model/messages.ts";

/** The end of a range up to draft 19: the last object plus 1, and 0 for the whole group. */
export const endAfter: Codec<Location> = {
  encode(writer, { group, object }) {
    location.encode(writer, { group, object: object === WHOLE_GROUP ? 0n : object + 1n });
  },
  decode(reader) {
    const { group, object } = location.decode(reader);
    return { group, object: object === 0n ? WHOLE_GROUP : object - 1n };
  },
};

const STANDALONE = 0x1n;
const RELATIVE_JOINING = 0x2n;
const ABSOLUTE_JOINING = 0x3n;

const joining = struct({ requestId: varint, start: varint });

/** What a FETCH asks for, from draft 17 to 19. */
export const fetchRange: Codec<FetchRange> = fetchRangeOf(fullTrackName);

/** What a FETCH asks for, up to draft 19, with names of tracks in this form. */
export function fetchRangeOf(track: Codec<FullTrackName>): Codec<FetchRange> {
  const standalone = struct({ track, start: location, end: endAfter });
  return {
    encode(writer: ByteWriter, value) {
      switch (value.type) {
        case "standalone":
          writer.varint(STANDALONE);
          return standalone.encode(writer, value);
        case "relative_joining":
          writer.varint(RELATIVE_JOINING);
          return joining.encode(writer, value);
        case "absolute_joining":
          writer.varint(ABSOLUTE_JOINING);
          return joining.encode(writer, value);
      }
    },
    decode(reader: ByteReader) {
      const type = reader.varint();
      switch (type) {
        case STANDALONE:
          return { type: "standalone", ...standalone.decode(reader) };
        case RELATIVE_JOINING:
          return { type: "relative_joining", ...joining.decode(reader) };
        case ABSOLUTE_JOINING:
          return { type: "absolute_joining", ...joining.decode(reader) };
        default:
          throw new DecodeError("malformed", `Fetch type ${type} does not exist`);
      }
    },
  };
}
