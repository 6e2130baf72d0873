import type { Clock, TaskGroup } from "@qumo/shared/runtime";
import {
  type ControlMessage,
  type ControlMessageOf,
  type SetupOptions,
  type StreamDraft,
} from "@qumo/shared/wire";
import { type Connection, type SendStream, URGENT } from "../../../transport/types.ts";
import { foundIn, isTransportEnd, SessionError, violation } from "../../errors.ts";
import type { FirstStreams, PeekedStream } from "../../first_streams.ts";
import { messageInput, readMessage } from "../../framing.ts";
import type { Input } from "../../input.ts";
import { MAX_AUTH_TOKEN_CACHE_BYTES } from "../../limits.ts";
import type { Role } from "../../session_options.ts";
import type { Control } from "./control.ts";
import { controlStreamEnded } from "./control_end.ts";
import { goawayRequestId } from "./moq_dev.ts";
import { checkGoaway, checkNames } from "./setup_rules.ts";
import { kindOfStream } from "./stream_kind.ts";

/** The dependencies of {@linkcode ControlChannel}. */
export interface ControlParts {
  readonly connection: Connection;
  readonly role: Role;
  readonly draft: StreamDraft;
  readonly clock: Clock;
  readonly tasks: TaskGroup;
  /** Whether a request id has our parity. */
  readonly ids: { isOwn(id: bigint): boolean };
  /** MOQT_IMPLEMENTATION of our SETUP; undefined sends none. */
  readonly implementation: string | undefined;
  /** Called with the peer's GOAWAY. */
  readonly onGoaway: (message: ControlMessageOf<"goaway">) => void;
}

/** The two control streams of a session (#session-init). */
export class ControlChannel implements Control {
  readonly peerSetup: Promise<SetupOptions>;
  readonly #parts: ControlParts;
  readonly #resolveSetup: (options: SetupOptions) => void;
  #stream: SendStream | undefined;
  #peer: SetupOptions | undefined;
  #peerOpened = false;
  #goawaySeen = false;

  constructor(parts: ControlParts) {
    this.#parts = parts;
    const { promise, resolve } = Promise.withResolvers<SetupOptions>();
    this.peerSetup = promise;
    this.#resolveSetup = resolve;
  }

  begin(options: SetupOptions, streams: FirstStreams): void {
    const { tasks } = this.#parts;
    tasks.spawn("setup", () => this.#open(options));
    streams.uni.inspect(tasks, {
      isFound: () => this.#peerOpened,
      inspect: (stream) => this.#inspect(stream, streams),
    });
  }

  async #open(options: SetupOptions): Promise<void> {
    const { connection, implementation } = this.#parts;
    this.#stream = await connection.openUni();
    this.#stream.priority = URGENT;
    await this.#send({
      kind: "setup",
      options: {
        ...options,
        maxAuthTokenCacheSize: BigInt(MAX_AUTH_TOKEN_CACHE_BYTES),
        ...(implementation !== undefined && { implementation }),
      },
    });
  }

  /** Takes a stream if it is the control stream; leaves others in the queue. */
  async #inspect(stream: PeekedStream, streams: FirstStreams): Promise<void> {
    const { draft } = this.#parts;
    const type = await stream.peekVarint(draft.varint);
    if (type === undefined || this.#peerOpened) return;
    if (kindOfStream(type, draft) !== "setup") return;
    this.#peerOpened = true;
    streams.uni.remove(stream);
    const input = messageInput(stream, draft.streamCodes);
    this.#parts.tasks.spawn("control stream", () => this.#listen(input));
  }

  async goaway(uri: string, timeout: number, requestId: bigint): Promise<void> {
    // The rest of a deadline may be fractional.
    const milliseconds = BigInt(Math.ceil(timeout));
    const last = goawayRequestId(requestId, this.#peer);
    await this.#send({ kind: "goaway", uri, timeout: milliseconds, requestId: last });
  }

  async #send(message: ControlMessage): Promise<void> {
    try {
      await this.#stream?.write(this.#parts.draft.control.encode(message));
    } catch (error) {
      if (!isTransportEnd(error) || error.kind !== "stopped") throw error;
      throw violation("Our control stream was refused");
    }
  }

  /** Reads the peer's control stream while the session lasts. */
  async #listen(input: Input): Promise<void> {
    const { connection, clock } = this.#parts;
    try {
      await this.#readSetup(input);
      for (;;) {
        const message = await readMessage(input, this.#parts.draft);
        if (message === undefined) return await controlStreamEnded(connection, clock, "closed");
        if (message.kind !== "goaway") {
          throw violation(`${message.kind} does not belong on the control stream`);
        }
        this.#receiveGoaway(message);
      }
    } catch (error) {
      if (!isTransportEnd(error) || error.kind !== "reset") throw error;
      await controlStreamEnded(connection, clock, "reset");
    }
  }

  async #readSetup(input: Input): Promise<void> {
    try {
      const first = await readMessage(input, this.#parts.draft);
      if (first?.kind !== "setup") throw violation("The control stream does not begin with SETUP");
      this.#receiveSetup(first);
    } catch (error) {
      throw foundIn("setup", error);
    }
  }

  #receiveSetup({ options }: ControlMessageOf<"setup">): void {
    const { role, connection } = this.#parts;
    checkNames(options, role === "server" && connection.path === undefined);
    this.#peer = options;
    this.#resolveSetup(options);
  }

  #receiveGoaway(message: ControlMessageOf<"goaway">): void {
    if (this.#goawaySeen) throw violation("A second GOAWAY");
    this.#goawaySeen = true;
    checkGoaway(message, this.#parts.role);
    if (message.requestId !== undefined && !this.#parts.ids.isOwn(message.requestId)) {
      throw new SessionError(
        "invalid_request_id",
        `GOAWAY names request ${message.requestId}, which is not ours`,
      );
    }
    this.#parts.onGoaway(message);
  }
}
