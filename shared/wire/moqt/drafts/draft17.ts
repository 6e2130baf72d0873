import { vi64WithoutSeven } from "../../varint.ts";
import { controlCodec } from "../control/codec.ts";
import { u16Length } from "../control/length.ts";
import type { ControlMessage } from "../model/messages.ts";
import type { StreamDraft } from "./draft.ts";
import { doneCodes, requestCodes, sessionCodes, streamCodes } from "./draft17_codes.ts";
import { data17 } from "./draft17_data.ts";
import { messageTable, parameterRules } from "./draft17_messages.ts";

const control = controlCodec(messageTable, vi64WithoutSeven, u16Length);
const { alias, body } = messageTable.requestOk;
const publishOk = controlCodec({ requestOk: { type: alias, body } }, vi64WithoutSeven, u16Length);

/** A message in the words of the draft: one request is for namespaces and for tracks. */
function encode(message: ControlMessage): Uint8Array<ArrayBuffer> {
  switch (message.kind) {
    case "subscribeNamespace":
      return control.encode({ ...message, kind: "subscribePrefix", wants: "namespaces" });
    case "subscribeTracks":
      return control.encode({ ...message, kind: "subscribePrefix", wants: "tracks" });
    case "requestOk":
      return (message.answersPublish ? publishOk : control).encode(message);
    default:
      return control.encode(message);
  }
}

/** draft-ietf-moq-transport-17. */
export const draft17: StreamDraft = {
  protocol: "moqt-17",
  number: 17,
  family: "B",
  varint: vi64WithoutSeven,
  control: { ...control, encode },
  data: data17,
  parameters: parameterRules,
  sessionCodes,
  streamCodes,
  requestCodes,
  doneCodes,
};
