import type {
  MultiplexedDraft,
  MultiplexedMessage,
  MultiplexedMessageOf,
  SetupOptions,
} from "@qumo/shared/wire";
import assert from "node:assert/strict";
import type { BidiStream, Connection } from "../../../relay/transport/mod.ts";
import { SharedLine } from "./shared_line.ts";

type Kind = MultiplexedMessage["kind"];

/** A client of a draft with one control stream, every message of which a test says itself. */
export class ControlStreamPeer {
  readonly connection: Connection;
  readonly draft: MultiplexedDraft;
  readonly stream: BidiStream;
  readonly #line: SharedLine;

  private constructor(connection: Connection, draft: MultiplexedDraft, stream: BidiStream) {
    this.connection = connection;
    this.draft = draft;
    this.stream = stream;
    this.#line = new SharedLine(draft, stream);
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

  /** Says a message on the control stream. */
  say(message: MultiplexedMessage): void {
    assert.ok(this.#line.send(message), `${this.draft.protocol} has no ${message.kind}`);
  }

  /** The relay's next message on the control stream; undefined at its end. */
  next(): Promise<MultiplexedMessage | undefined> {
    return this.#line.next();
  }

  /** The relay's next message, which must be of this kind. */
  async expect<K extends Kind>(kind: K): Promise<MultiplexedMessageOf<K>> {
    const message = await this.next();
    assert.equal(message?.kind, kind);
    return message as MultiplexedMessageOf<K>;
  }
}
