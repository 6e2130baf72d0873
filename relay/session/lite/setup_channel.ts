import type { TaskGroup } from "@qumo/shared/runtime";
import { encodeStreamType, type LiteSetup, type LiteVersion } from "@qumo/shared/wire";
import { type Connection, URGENT } from "../../transport/types.ts";
import { checkPath } from "../connection/check_path.ts";
import { foundIn, violation } from "../errors.ts";
import type { FirstStreams, PeekedStream } from "../first_streams.ts";
import { readVarint } from "../framing.ts";
import { Input } from "../input.ts";
import type { Role } from "../session_options.ts";
import { MAX_LITE_FRAME_BYTES, readLite } from "./framing.ts";

/** The dependencies of {@linkcode SetupChannel}. */
export interface SetupChannelParts {
  readonly connection: Connection;
  readonly role: Role;
  readonly version: LiteVersion;
  readonly tasks: TaskGroup;
}

/** What both sides say of themselves when a session begins, each on a stream of its own. */
export class SetupChannel {
  /** Resolves with what the peer says; at once in a version that has no such message. */
  readonly peerSetup: Promise<LiteSetup>;
  readonly #parts: SetupChannelParts;
  readonly #resolve: (setup: LiteSetup) => void;
  #peerOpened = false;

  constructor(parts: SetupChannelParts) {
    this.#parts = parts;
    const { promise, resolve } = Promise.withResolvers<LiteSetup>();
    this.peerSetup = promise;
    this.#resolve = resolve;
  }

  /** Sends what we say, and looks for what the peer does among its first streams. */
  begin(own: LiteSetup, streams: FirstStreams): void {
    const { version, tasks } = this.#parts;
    if (version.messages.setup === undefined) return this.#resolve(NOTHING_SAID);
    tasks.spawn("setup", () => this.#send(own));
    streams.uni.inspect(tasks, {
      isFound: () => this.#peerOpened,
      inspect: (stream) => this.#inspect(stream, streams),
    });
  }

  async #send(own: LiteSetup): Promise<void> {
    const { connection, version: { messages, uniStreams } } = this.#parts;
    const stream = await connection.openUni();
    stream.priority = URGENT;
    await stream.write(encodeStreamType(uniStreams.setup!));
    await stream.write(messages.setup!.encode(own));
    await stream.finish();
  }

  /** Takes a stream if it has the peer's SETUP; leaves others in the queue. */
  async #inspect(stream: PeekedStream, streams: FirstStreams): Promise<void> {
    const { version } = this.#parts;
    const type = await stream.peekVarint(version.varint);
    if (type === undefined || this.#peerOpened || type !== version.uniStreams.setup) return;
    this.#peerOpened = true;
    streams.uni.remove(stream);
    const input = new Input(stream, MAX_LITE_FRAME_BYTES, { codes: version.streamCodes });
    await readVarint(input, version.varint);
    try {
      this.#receive(await readLite(input, version.messages.setup!));
    } catch (error) {
      throw foundIn("setup", error);
    }
  }

  #receive(setup: LiteSetup | undefined): void {
    if (setup === undefined) throw violation("The setup stream ends before SETUP");
    const { role, connection } = this.#parts;
    const mayName = role === "server" && connection.path === undefined;
    if (setup.path !== undefined) checkPath(setup.path, mayName);
    this.#resolve(setup);
  }
}

const NOTHING_SAID: LiteSetup = { probe: 0 };
