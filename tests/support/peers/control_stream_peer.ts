import {
  EncodeError,
  type MultiplexedDraft,
  type MultiplexedMessage,
  type MultiplexedMessageOf,
  type SetupOptions,
} from "@qumo/shared/wire";
import assert from "node:assert/strict";
import { messageInput, readMessage } from "../../../relay/session/framing.ts";
import type { Input } from "../../../relay/session/input.ts";
import type { ControlLine } from "../../../relay/session/moqt/requests/control_line.ts";
import type { BidiStream, Connection } from "../../../relay/transport/mod.ts";

type Kind = MultiplexedMessage["kind"];

/** Either end of a control stream that all requests share, every message of which a test says itself. */
export class ControlStreamPeer implements ControlLine {
  readonly connection: Connection;
  readonly draft: MultiplexedDraft;
  readonly stream: BidiStream;
  readonly #input: Input;

  constructor(connection: Connection, draft: MultiplexedDraft, stream: BidiStream) {
    this.connection = connection;
    this.draft = draft;
    this.stream = stream;
    this.#input = messageInput(stream.receive, draft.streamCodes);
  }

  /** Opens the control stream, and says nothing. */
  static async open(connection: Connection, draft: MultiplexedDraft): Promise<ControlStreamPeer> {
    return new ControlStreamPeer(connection, draft, await connection.openBidi());
  }

  /** Exchanges SETUP; the relay may begin 100 requests when nothing is said. */
  static async connect(
    connection: Connection,
    draft: MultiplexedDraft,
    options: SetupOptions = { maxRequestId: 200n },
  ): Promise<ControlStreamPeer> {
    const peer = await ControlStreamPeer.open(connection, draft);
    peer.begin(options);
    await peer.expect("serverSetup");
    return peer;
  }

  /** Says CLIENT_SETUP. */
  begin(options: SetupOptions = {}, versions = this.versions): void {
    this.say({ kind: "clientSetup", versions, options });
  }

  /** What it offers in CLIENT_SETUP. */
  get versions(): readonly bigint[] {
    return this.draft.version === undefined ? [] : [this.draft.version];
  }

  /** Says a message. */
  say(message: MultiplexedMessage): void {
    assert.ok(this.send(message), `${this.draft.protocol} has no ${message.kind}`);
  }

  send(message: MultiplexedMessage): boolean {
    try {
      this.stream.send.write(this.draft.control.encode(message)).catch(() => {});
      return true;
    } catch (error) {
      if (error instanceof EncodeError) return false;
      throw error;
    }
  }

  /** The other end's next message; undefined at the end of the stream. */
  next(): Promise<MultiplexedMessage | undefined> {
    return readMessage(this.#input, this.draft);
  }

  /** The other end's next message, which must be of this kind. */
  async expect<K extends Kind>(kind: K): Promise<MultiplexedMessageOf<K>> {
    const message = await this.next();
    assert.equal(message?.kind, kind);
    return message as MultiplexedMessageOf<K>;
  }

  async listen(take: (message: MultiplexedMessage) => Promise<void>): Promise<void> {
    for (;;) {
      const message = await this.next();
      if (message === undefined) return;
      await take(message);
    }
  }
}
