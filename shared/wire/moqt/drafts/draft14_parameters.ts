import { varint } from "../../codec.ts";
import { parametersOf, type ParameterTable } from "../control/parameters.ts";
import { token } from "../control/token.ts";
import { framed } from "../control/values.ts";

/** The parameters of draft 14 (#version-specific-params); the rest of what requests say is in fields. */
const parameterTable = {
  objectDeliveryTimeout: { type: 0x02n, codec: varint },
  authorizationTokens: { type: 0x03n, codec: framed(token, "a token"), repeats: true },
  maxCacheDuration: { type: 0x04n, codec: varint },
} as const satisfies ParameterTable;

/** A choice of draft 14's parameters. */
export const parameters = parametersOf(parameterTable, {
  types: "absolute",
  unknown: "ignore",
  misplaced: "ignore",
});
