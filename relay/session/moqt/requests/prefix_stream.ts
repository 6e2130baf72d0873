import {
  type ControlMessage,
  DecodeError,
  type MultiplexedDraft,
  type MultiplexedMessage,
  type Oddity,
} from "@qumo/shared/wire";
import type { PeerCredit } from "./peer_credit.ts";
import type { RequestDialect } from "./request_stream.ts";

/**
 * A draft's words on the stream of one SUBSCRIBE_NAMESPACE of the peer (draft 16): answers have ids
 * there too, which count together with those on the control stream.
 */
export class PrefixStreamDialect implements RequestDialect {
  readonly varint: RequestDialect["varint"];
  readonly streamCodes: RequestDialect["streamCodes"];
  readonly parameters: RequestDialect["parameters"];
  readonly control: RequestDialect["control"];
  readonly #control: MultiplexedDraft["control"];
  readonly #peer: PeerCredit;
  #requestId: bigint | undefined;
  #isAnswered = false;
  // Updates of the peer that were not answered.
  readonly #updates: bigint[] = [];

  constructor(draft: MultiplexedDraft, peer: PeerCredit) {
    this.#control = draft.control;
    this.#peer = peer;
    this.varint = draft.varint;
    this.streamCodes = draft.streamCodes;
    this.parameters = draft.parameters;
    this.control = {
      length: draft.control.length,
      encode: (message) => this.#encode(message),
      decode: (type, body, oddities) => this.#decode(type, body, oddities),
    };
  }

  #encode(message: ControlMessage): Uint8Array<ArrayBuffer> {
    const control = this.#control;
    switch (message.kind) {
      case "requestOk":
      case "requestError": {
        const update = this.#isAnswered ? this.#updates.shift() : undefined;
        this.#isAnswered = true;
        if (update === undefined) {
          return control.encode({ ...message, requestId: this.#requestId!, to: "subscribePrefix" });
        }
        this.#peer.ended();
        return control.encode({ ...message, requestId: update, to: "requestUpdate" });
      }
      default:
        return control.encode(message as MultiplexedMessage);
    }
  }

  #decode(type: bigint, body: Uint8Array, oddities?: Oddity[]): ControlMessage {
    const message = this.#control.decode(type, body, oddities);
    switch (message.kind) {
      case "subscribePrefix":
        if (this.#requestId !== undefined) break;
        this.#peer.accept(message.requestId);
        this.#requestId = message.requestId;
        return message;
      case "requestUpdate":
        if (message.existing !== this.#requestId) break;
        this.#peer.accept(message.requestId);
        this.#updates.push(message.requestId);
        return message;
    }
    throw new DecodeError("malformed", `${message.kind} does not belong on this stream`);
  }
}
