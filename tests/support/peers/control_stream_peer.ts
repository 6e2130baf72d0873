import {
  type MultiplexedDraft,
  type MultiplexedMessage,
  type SetupOptions,
} from "@qumo/shared/wire";
import type { BidiStream, Connection } from "../../../relay/transport/mod.ts";
import { MessageStream } from "./scripted_streams.ts";

/** The client's end of a control stream that all requests share, every message of which a test says itself. */
export class ControlStreamPeer extends MessageStream<MultiplexedDraft> {
  readonly connection: Connection;

  private constructor(connection: Connection, draft: MultiplexedDraft, stream: BidiStream) {
    super(stream, draft);
    this.connection = connection;
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
  begin(options: SetupOptions = {}): void {
    const { version } = this.draft;
    const versions = version === undefined ? [] : [version];
    this.say({ kind: "clientSetup", versions, options });
  }

  /** Says a message, whether it is taken or not. */
  say(message: MultiplexedMessage): void {
    this.send(message).catch(() => {});
  }
}
