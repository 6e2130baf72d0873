import { rfc9000 } from "../../varint.ts";
import { u16Length } from "../control/length.ts";
import { multiplexedCodec } from "../control/multiplexed_codec.ts";
import type { MultiplexedDraft } from "./draft.ts";
import { doneCodes, requestCodes, sessionCodes, streamCodes } from "./draft16_codes.ts";
import { data16 } from "./draft16_data.ts";
import { messageTable, parameterRules } from "./draft16_messages.ts";

/** draft-ietf-moq-transport-16. */
export const draft16: MultiplexedDraft = {
  protocol: "moqt-16",
  number: 16,
  family: "A",
  varint: rfc9000,
  control: multiplexedCodec(messageTable, rfc9000, u16Length),
  requests: { answersUpdates: true, prefixes: "stream" },
  data: data16,
  parameters: parameterRules,
  sessionCodes,
  streamCodes,
  requestCodes,
  doneCodes,
};
