import { type Clock, sleep, type TaskGroup } from "@qumo/shared/runtime";
import {
  type ControlMessage,
  type ControlMessageOf,
  type SetupOptions,
  type StreamDraft,
} from "@qumo/shared/wire";
import { type Connection, type SendStream, URGENT } from "../../../transport/types.ts";
import { foundIn, isTransportEnd, SessionError, violation } from "../../errors.ts";
import type { FirstStreams, PeekedStream } from "../../first_streams.ts";
import { MAX_FRAME_BYTES, readMessage } from "../../framing.ts";
import { Input } from "../../input.ts";
import { CLOSE_AFTER_CONTROL_MS, MAX_AUTH_TOKEN_CACHE_BYTES } from "../../limits.ts";
import { checkPath } from "../../connection/check_path.ts";
import type { Role } from "../../session_options.ts";
import { goawayRequestId } from "./moq_dev.ts";
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
export class ControlChannel {
  /** Resolves with the peer's validated SETUP; stays pending if none arrives. */
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

  /**
   * Sends SETUP with these options, and looks for the peer's control stream among its first
   * streams.
   */
  begin(options: SetupOptions, streams: FirstStreams): void {
    const { tasks } = this.#parts;
    tasks.spawn("setup", () => this.#open(options));
    tasks.spawn("first streams", async () => {
      for (;;) {
        const stream = await streams.uni.look();
        // Once the control stream is known, other streams are left for their readers.
        if (stream === undefined || this.#peerOpened) return;
        tasks.spawn("first stream", () => this.#inspect(stream, streams));
      }
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
    await this.#listen(new Input(stream, MAX_FRAME_BYTES, { codes: draft.streamCodes }));
  }

  /**
   * Sends GOAWAY: requests from `requestId` on are refused, and the session ends in `timeout` ms.
   */
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
    try {
      await this.#read(input);
    } catch (error) {
      if (!isTransportEnd(error) || error.kind !== "reset") throw error;
      await this.#ended("reset");
    }
  }

  /**
   * The control stream may only end together with the session, whose close may arrive a little
   * later.
   */
  async #ended(how: "closed" | "reset"): Promise<void> {
    const { connection, clock } = this.#parts;
    const waiting = new AbortController();
    const late = sleep(clock, CLOSE_AFTER_CONTROL_MS, waiting.signal).then(() => true);
    const isLate = await Promise.race([late, connection.closed.then(() => false)]);
    waiting.abort();
    if (isLate) throw violation(`The control stream was ${how}`);
  }

  async #read(input: Input): Promise<void> {
    try {
      const first = await readMessage(input, this.#parts.draft);
      if (first?.kind !== "setup") throw violation("The control stream does not begin with SETUP");
      this.#receiveSetup(first);
    } catch (error) {
      throw foundIn("setup", error);
    }
    for (;;) {
      const message = await readMessage(input, this.#parts.draft);
      if (message === undefined) return await this.#ended("closed");
      if (message.kind !== "goaway") {
        throw violation(`${message.kind} does not belong on the control stream`);
      }
      this.#receiveGoaway(message);
    }
  }

  #receiveSetup({ options }: ControlMessageOf<"setup">): void {
    const { role, connection } = this.#parts;
    const mayName = role === "server" && connection.path === undefined;
    if (options.path !== undefined) checkPath(options.path, mayName);
    if (options.authority !== undefined) checkAuthority(options.authority, mayName);
    this.#peer = options;
    this.#resolveSetup(options);
  }

  #receiveGoaway(message: ControlMessageOf<"goaway">): void {
    if (this.#goawaySeen) throw violation("A second GOAWAY");
    this.#goawaySeen = true;
    if (this.#parts.role === "server" && message.uri !== "") {
      throw violation("A client's GOAWAY names a URI");
    }
    if (message.requestId !== undefined && !this.#parts.ids.isOwn(message.requestId)) {
      throw new SessionError(
        "invalid_request_id",
        `GOAWAY names request ${message.requestId}, which is not ours`,
      );
    }
    this.#parts.onGoaway(message);
  }
}

// RFC 3986: a non-empty host and an optional port.
const AUTHORITY = /^([\w.~!$&'()*+,;=%-]+|\[[0-9a-fA-F:.]+\])(:\d{0,5})?$/;

function checkAuthority(authority: string, mayName: boolean): void {
  if (!mayName) {
    throw new SessionError(
      "invalid_authority",
      "AUTHORITY does not belong into this SETUP",
    );
  }
  if (!AUTHORITY.test(authority)) {
    throw new SessionError(
      "malformed_authority",
      "AUTHORITY is not the authority of a URI",
    );
  }
}
