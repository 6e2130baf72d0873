import {
  type ControlMessage,
  DecodeError,
  type MultiplexedDraft,
  type Oddity,
} from "@qumo/shared/wire";
import { type BidiStream, URGENT } from "../../../transport/types.ts";
import type { OwnCredit } from "./own_credit.ts";
import { type MessageRules, type RequestDialect, RequestStream } from "./request_stream.ts";
import type { RequestChannel } from "./requests.ts";

/**
 * Our SUBSCRIBE_NAMESPACE where it has a stream of its own beside the control stream (draft 16): its id
 * counts together with those on the control stream, and answers name it.
 */
export function ownPrefixStream(
  stream: BidiStream,
  draft: MultiplexedDraft,
  rules: Omit<MessageRules, "draft" | "nextId">,
  own: OwnCredit,
): RequestChannel {
  return new RequestStream(stream, {
    ...rules,
    draft: dialectOf(draft, own),
    openedBy: "us",
    nextId: () => own.nextId,
    mayProbe: false,
  }, URGENT - 1);
}

function dialectOf(draft: MultiplexedDraft, own: OwnCredit): RequestDialect {
  const { varint, streamCodes, parameters, control } = draft;
  const encode = (message: ControlMessage) => {
    if (message.kind !== "subscribeNamespace") throw new Error(`${message.kind} is said elsewhere`);
    own.use();
    return control.encode({ ...message, kind: "subscribePrefix", wants: "namespaces" });
  };
  const decode = (type: bigint, body: Uint8Array, oddities?: Oddity[]): ControlMessage => {
    const message = control.decode(type, body, oddities);
    switch (message.kind) {
      case "requestOk":
      case "requestError":
      case "namespace":
      case "namespaceDone":
        return message;
    }
    throw new DecodeError("malformed", `${message.kind} does not belong on this stream`);
  };
  return { varint, streamCodes, parameters, control: { length: control.length, encode, decode } };
}
