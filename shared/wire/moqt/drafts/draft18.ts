import { vi64 } from "../../varint.ts";
import { controlCodec } from "../control/codec.ts";
import { u16Length } from "../control/length.ts";
import { data18 } from "./draft18_data.ts";
import type { StreamDraft } from "./draft.ts";
import { doneCodes, requestCodes, sessionCodes, streamCodes } from "./draft18_codes.ts";
import { messageTable, parameterRules } from "./draft18_messages.ts";

/** draft-ietf-moq-transport-18. */
export const draft18 = {
  protocol: "moqt-18",
  number: 18,
  family: "B",
  varint: vi64,
  control: controlCodec(messageTable, vi64, u16Length),
  data: data18,
  parameters: parameterRules,
  sessionCodes,
  streamCodes,
  requestCodes,
  doneCodes,
} as const satisfies StreamDraft;
