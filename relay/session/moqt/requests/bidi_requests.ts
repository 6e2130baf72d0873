import { type BidiStream, type Connection, URGENT } from "../../../transport/types.ts";
import type { StreamSource } from "../../first_streams.ts";
import { type MessageRules, RequestStream } from "./request_stream.ts";
import type { OwnRequest, RequestChannel, Requests } from "./requests.ts";

/** The dependencies of {@linkcode BidiRequests}. */
export interface BidiParts {
  readonly connection: Pick<Connection, "openBidi">;
  /** The source of the peer's streams. */
  readonly streams: Pick<StreamSource, "acceptBidi">;
  readonly rules: MessageRules;
}

/** Requests on bidirectional streams of their own: drafts 17 and later. */
export class BidiRequests implements Requests {
  readonly #parts: BidiParts;

  constructor(parts: BidiParts) {
    this.#parts = parts;
  }

  async open(_kind: OwnRequest): Promise<RequestChannel> {
    return this.#channel(await this.#parts.connection.openBidi(), "us");
  }

  accept(): Promise<RequestChannel | undefined> {
    return this.#parts.streams.acceptBidi().then((bidi) => bidi && this.#admitted(bidi));
  }

  async #admitted(bidi: BidiStream): Promise<RequestChannel> {
    await this.#parts.rules.admit();
    return this.#channel(bidi, "peer");
  }

  #channel(bidi: BidiStream, openedBy: "us" | "peer"): RequestChannel {
    return new RequestStream(bidi, { ...this.#parts.rules, openedBy }, URGENT - 1);
  }
}
