import { vi64 } from "../../varint.ts";
import { controlCodec } from "../control/codec.ts";
import { u16Length } from "../control/length.ts";
import type { StreamDraft } from "./draft.ts";
import { streamCodes } from "./draft18_codes.ts";
import { doneCodes, requestCodes, sessionCodes } from "./draft20_codes.ts";
import { data20 } from "./draft20_data.ts";
import { messageTableOf, parameterRules } from "./draft20_messages.ts";
import { parameters } from "./draft20_parameters.ts";

/** draft-ietf-moq-transport-20. */
export const draft20: StreamDraft = {
  protocol: "moqt-20",
  number: 20,
  family: "B",
  varint: vi64,
  control: controlCodec(messageTableOf(parameters), vi64, u16Length),
  data: data20,
  parameters: parameterRules,
  allows: { severalSubscriptions: true, rangeFilters: true, pastFilters: true, stateNotify: true },
  sessionCodes,
  streamCodes,
  requestCodes,
  doneCodes,
};
