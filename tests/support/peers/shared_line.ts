import { EncodeError, type MultiplexedDraft, type MultiplexedMessage } from "@qumo/shared/wire";
import { messageInput, readMessage } from "../../../relay/session/framing.ts";
import type { Input } from "../../../relay/session/input.ts";
import type { ControlLine } from "../../../relay/session/moqt/requests/control_line.ts";
import type { BidiStream } from "../../../relay/transport/mod.ts";

/** A control stream that all requests share, without SETUP: for either end of it. */
export class SharedLine implements ControlLine {
  readonly #draft: MultiplexedDraft;
  readonly #stream: BidiStream;
  readonly #input: Input;

  constructor(draft: MultiplexedDraft, stream: BidiStream) {
    this.#draft = draft;
    this.#stream = stream;
    this.#input = messageInput(stream.receive, draft.streamCodes);
  }

  send(message: MultiplexedMessage): boolean {
    try {
      this.#stream.send.write(this.#draft.control.encode(message)).catch(() => {});
      return true;
    } catch (error) {
      if (error instanceof EncodeError) return false;
      throw error;
    }
  }

  /** The peer's next message; undefined at the end of the stream. */
  next(): Promise<MultiplexedMessage | undefined> {
    return readMessage(this.#input, this.#draft);
  }

  async listen(take: (message: MultiplexedMessage) => Promise<void>): Promise<void> {
    for (;;) {
      const message = await this.next();
      if (message === undefined) return;
      await take(message);
    }
  }
}
