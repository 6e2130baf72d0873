import { vi64 } from "../../varint.ts";
import { controlCodec } from "../control/codec.ts";
import { data18 } from "../data/dialect.ts";
import type { Draft } from "./draft.ts";
import { messageTable } from "./draft18_messages.ts";

/** draft-ietf-moq-transport-18. */
export const draft18: Draft = {
  protocol: "moqt-18",
  number: 18,
  family: "B",
  varint: vi64,
  control: controlCodec(messageTable, vi64),
  data: data18,
};
