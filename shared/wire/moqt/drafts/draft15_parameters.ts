import { u8, varint } from "../../codec.ts";
import { location } from "../../location.ts";
import { absoluteFilter } from "../control/filter.ts";
import { groupOrder } from "../control/group_order.ts";
import { parametersOf, type ParameterTable } from "../control/parameters.ts";
import { token } from "../control/token.ts";
import { flag, framed, inPair, inVarint } from "../control/values.ts";

/**
 * The parameters of draft 15: those of draft 16, and what a publisher says of its track, which draft
 * 16 has as properties. In ascending order of type; on the wire any order will do.
 */
const parameterTable = {
  objectDeliveryTimeout: { type: 0x02n, codec: varint },
  authorizationTokens: { type: 0x03n, codec: framed(token, "a token"), repeats: true },
  maxCacheDuration: { type: 0x04n, codec: varint },
  expires: { type: 0x08n, codec: varint },
  largestObject: { type: 0x09n, codec: inPair(location, "a location") },
  publisherPriority: { type: 0x0en, codec: inVarint(u8) },
  forward: { type: 0x10n, codec: inVarint(flag) },
  subscriberPriority: { type: 0x20n, codec: inVarint(u8) },
  filter: { type: 0x21n, codec: framed(absoluteFilter, "a filter") },
  groupOrder: { type: 0x22n, codec: inVarint(groupOrder) },
  dynamicGroups: { type: 0x30n, codec: inVarint(flag) },
  newGroupRequest: { type: 0x32n, codec: varint },
} as const satisfies ParameterTable;

/** A choice of draft 15's parameters. */
export const parameters = parametersOf(parameterTable, {
  types: "absolute",
  unknown: "ignore",
  misplaced: "ignore",
});
