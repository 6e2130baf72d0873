import type { Codec } from "../../codec.ts";
import { DecodeError, EncodeError } from "../../errors.ts";
import { location } from "../../location.ts";
import type { Filter } from "../model/filter.ts";

const NEXT_GROUP = 0x1n;
const LARGEST_OBJECT = 0x2n;
const ABSOLUTE_START = 0x3n;
const ABSOLUTE_RANGE = 0x4n;

/** The filter of drafts 17 to 19, where the end group is a distance from the start. */
export const filter: Codec<Filter> = filterOf({
  write: (endGroup, start) => endGroup - start,
  read: (written, start) => start + written,
});

/** The filter up to draft 16, where the end group is the group itself. */
export const absoluteFilter: Codec<Filter> = filterOf({
  write: (endGroup) => endGroup,
  read: (written) => written,
});

/** How the end group of a filter is written, which begins in the group `start`. */
interface EndGroup {
  write(endGroup: bigint, start: bigint): bigint;
  read(written: bigint, start: bigint): bigint;
}

function filterOf(end: EndGroup): Codec<Filter> {
  return {
    encode(writer, value) {
      switch (value.type) {
        case "none":
        case "recent_groups":
          throw new EncodeError(`Cannot encode a filter of type ${value.type}`);
        case "next_group":
          return writer.varint(NEXT_GROUP);
        case "largest_object":
          return writer.varint(LARGEST_OBJECT);
        case "absolute_start":
          writer.varint(ABSOLUTE_START);
          return location.encode(writer, value.start);
        case "absolute_range":
          if (value.endObject !== undefined) {
            throw new EncodeError("Cannot encode a filter that ends within a group");
          }
          writer.varint(ABSOLUTE_RANGE);
          location.encode(writer, value.start);
          return writer.varint(end.write(value.endGroup, value.start.group));
      }
    },
    decode(reader) {
      const type = reader.varint();
      switch (type) {
        case NEXT_GROUP:
          return { type: "next_group" };
        case LARGEST_OBJECT:
          return { type: "largest_object" };
        case ABSOLUTE_START:
          return { type: "absolute_start", start: location.decode(reader) };
        case ABSOLUTE_RANGE: {
          const start = location.decode(reader);
          const endGroup = end.read(reader.varint(), start.group);
          if (endGroup > reader.format.max || endGroup < start.group) {
            throw new DecodeError("malformed", "The end group of a filter is out of range");
          }
          return { type: "absolute_range", start, endGroup };
        }
        default:
          throw new DecodeError("malformed", `Filter type ${type} does not exist`);
      }
    },
  };
}
