import { rfc9000 } from "../../varint.ts";
import { FACTS_15 } from "../control/track_facts.ts";
import { u16Length } from "../control/length.ts";
import { multiplexedCodec } from "../control/multiplexed_codec.ts";
import type { MultiplexedDraft } from "./draft.ts";
import { streamCodes } from "./draft14_codes.ts";
import { doneCodes, requestCodes } from "./draft15_codes.ts";
import { data15 } from "./draft15_data.ts";
import { messageTable, parameterRules } from "./draft15_messages.ts";
import { sessionCodes } from "./draft16_codes.ts";

/** draft-ietf-moq-transport-15, from what changed between 14 and 16. */
export const draft15: MultiplexedDraft = {
  protocol: "moqt-15",
  number: 15,
  family: "A",
  varint: rfc9000,
  control: multiplexedCodec(messageTable, rfc9000, u16Length),
  requests: { answersUpdates: true, prefixes: "control", trackProperties: FACTS_15 },
  data: data15,
  parameters: parameterRules,
  sessionCodes,
  streamCodes,
  requestCodes,
  doneCodes,
};
