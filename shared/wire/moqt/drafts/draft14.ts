import { rfc9000 } from "../../varint.ts";
import { FACTS_14 } from "../control/track_facts.ts";
import { u16Length } from "../control/length.ts";
import { multiplexedCodec } from "../control/multiplexed_codec.ts";
import type { MultiplexedDraft } from "./draft.ts";
import { doneCodes, streamCodes, subscribeCodes } from "./draft14_codes.ts";
import { data14 } from "./draft14_data.ts";
import { messageTable, parameterRules } from "./draft14_messages.ts";
import { sessionCodes } from "./draft16_codes.ts";

/** draft-ietf-moq-transport-14. */
export const draft14: MultiplexedDraft = {
  protocol: "moq-00",
  number: 14,
  version: 0xff00000en,
  family: "A",
  varint: rfc9000,
  control: multiplexedCodec(messageTable, rfc9000, u16Length),
  requests: { answersUpdates: false, prefixes: "control", trackProperties: FACTS_14 },
  data: data14,
  parameters: parameterRules,
  sessionCodes,
  streamCodes,
  /** Those of a SUBSCRIBE; other requests have their own, in the control codec. */
  requestCodes: subscribeCodes,
  doneCodes,
};
