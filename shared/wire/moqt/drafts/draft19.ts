import { vi64 } from "../../varint.ts";
import { controlCodec } from "../control/codec.ts";
import { u16Length } from "../control/length.ts";
import type { StreamDraft } from "./draft.ts";
import { doneCodes, streamCodes } from "./draft18_codes.ts";
import { requestCodes, sessionCodes } from "./draft19_codes.ts";
import { data19 } from "./draft19_data.ts";
import { messageTable, parameterRules } from "./draft19_messages.ts";

/** draft-ietf-moq-transport-19. */
export const draft19: StreamDraft = {
  protocol: "moqt-19",
  number: 19,
  family: "B",
  varint: vi64,
  control: controlCodec(messageTable, vi64, u16Length),
  data: data19,
  parameters: parameterRules,
  allows: { severalSubscriptions: true, rangeFilters: true },
  sessionCodes,
  streamCodes,
  requestCodes,
  doneCodes,
};
