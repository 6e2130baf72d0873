import { type Codec, u8, varint } from "../../codec.ts";
import { DecodeError, EncodeError } from "../../errors.ts";
import { location } from "../../location.ts";
import { absoluteFilter } from "../control/filter.ts";
import { groupOrder } from "../control/group_order.ts";
import { parametersOf, type ParameterTable } from "../control/parameters.ts";
import { token } from "../control/token.ts";
import { flag, framed, inPair, inVarint } from "../control/values.ts";

/** Milliseconds, of which none is no timeout (#delivery-timeout). */
const positive: Codec<bigint> = {
  encode(writer, value) {
    if (value === 0n) throw new EncodeError("Cannot encode a timeout of 0");
    writer.varint(value);
  },
  decode(reader) {
    const value = reader.varint();
    if (value === 0n) throw new DecodeError("malformed", "A timeout is 0");
    return value;
  },
};

/**
 * The parameters of draft 16 (#message-params), all of them key-value pairs: even types hold an
 * integer, odd ones bytes. In ascending order of type, which is the order of the wire.
 */
const parameterTable = {
  objectDeliveryTimeout: { type: 0x02n, codec: positive },
  authorizationTokens: { type: 0x03n, codec: framed(token, "a token"), repeats: true },
  expires: { type: 0x08n, codec: varint },
  largestObject: { type: 0x09n, codec: inPair(location, "a location") },
  forward: { type: 0x10n, codec: inVarint(flag) },
  subscriberPriority: { type: 0x20n, codec: inVarint(u8) },
  filter: { type: 0x21n, codec: framed(absoluteFilter, "a filter") },
  groupOrder: { type: 0x22n, codec: inVarint(groupOrder) },
  newGroupRequest: { type: 0x32n, codec: varint },
} as const satisfies ParameterTable;

/** A choice of draft 16's parameters. */
export const parameters = parametersOf(parameterTable, {
  types: "delta",
  unknown: "refuse",
  misplaced: "ignore",
});
