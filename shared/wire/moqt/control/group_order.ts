import type { Codec } from "../../codec.ts";
import { DecodeError } from "../../errors.ts";
import type { GroupOrder } from "../model/group_order.ts";

/** One byte: 1 or 2. */
export const groupOrder: Codec<GroupOrder> = {
  encode: (writer, value) => writer.u8(value === "ascending" ? 1 : 2),
  decode(reader) {
    const value = reader.u8();
    if (value !== 1 && value !== 2) {
      throw new DecodeError("malformed", `Group order ${value} is neither 1 nor 2`);
    }
    return value === 1 ? "ascending" : "descending";
  },
};
