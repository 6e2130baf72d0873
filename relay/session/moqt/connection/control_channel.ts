import { sleep } from "@qumo/shared/runtime";
import {
  type ControlMessage,
  type ControlMessageOf,
  decodeSetupOptions,
  encodeSetupOptions,
  SessionCode,
  type SetupOptions,
} from "@qumo/shared/wire";
import { type SendStream, URGENT } from "../../../transport/types.ts";
import { foundIn, isTransportEnd, SessionError, violation } from "../../errors.ts";
import { readBody, readMessage } from "../../framing.ts";
import type { Input } from "../../input.ts";
import { CLOSE_AFTER_CONTROL_MS, MAX_AUTH_TOKEN_CACHE_BYTES } from "../../limits.ts";
import type { SessionContext } from "../context.ts";

/** What the peer's control stream may bring. */
export interface ControlEvents {
  /** The peer's SETUP, checked. */
  setup(options: SetupOptions): void;
  /** The peer is going away. */
  goaway(message: ControlMessageOf<"goaway">): void;
}

/** The pair of control streams of a session (#session-init). */
export class ControlChannel {
  readonly #context: SessionContext;
  readonly #events: ControlEvents;
  #stream: SendStream | undefined;
  #peerOpened = false;
  #goawaySeen = false;

  constructor(context: SessionContext, events: ControlEvents) {
    this.#context = context;
    this.#events = events;
  }

  /** Opens our control stream and says SETUP, without waiting for the peer's. */
  async open(options: Partial<SetupOptions>): Promise<void> {
    const { connection, settings } = this.#context;
    this.#stream = await connection.openUni();
    this.#stream.priority = URGENT;
    await this.#send({
      kind: "setup",
      options: encodeSetupOptions({
        ...options,
        maxAuthTokenCacheSize: BigInt(MAX_AUTH_TOKEN_CACHE_BYTES),
        ...(settings.implementation !== undefined && { implementation: settings.implementation }),
      }),
    });
  }

  /** Says GOAWAY: requests from `requestId` on are refused, and the session ends in `timeout` ms. */
  async goaway(uri: string, timeout: number, requestId: bigint | undefined): Promise<void> {
    // What is left of a deadline is seldom a whole number of milliseconds.
    const whole = BigInt(Math.ceil(timeout));
    await this.#send({ kind: "goaway", uri, timeout: whole, requestId });
  }

  async #send(message: ControlMessage): Promise<void> {
    try {
      await this.#stream?.write(this.#context.draft.control.encode(message));
    } catch (error) {
      if (!isTransportEnd(error) || error.kind !== "stopped") throw error;
      throw violation("Our control stream was refused");
    }
  }

  /** Reads the peer's control stream, whose type was read, for as long as the session lasts. */
  async listen(input: Input, type: bigint): Promise<void> {
    if (this.#peerOpened) throw violation("A second control stream");
    this.#peerOpened = true;
    try {
      await this.#read(input, type);
    } catch (error) {
      if (!isTransportEnd(error) || error.kind !== "reset") throw error;
      await this.#ended("reset");
    }
  }

  /** The peer's control stream may not end, but with the session, whose end may come a little later. */
  async #ended(how: "closed" | "reset"): Promise<void> {
    const { connection, clock } = this.#context;
    const waiting = new AbortController();
    const late = sleep(clock, CLOSE_AFTER_CONTROL_MS, waiting.signal).then(() => true);
    const isLate = await Promise.race([late, connection.closed.then(() => false)]);
    waiting.abort();
    if (isLate) throw violation(`The control stream was ${how}`);
  }

  async #read(input: Input, type: bigint): Promise<void> {
    try {
      const first = await readBody(input, this.#context.draft, type);
      if (first.kind !== "setup") throw violation("The control stream does not begin with SETUP");
      this.#receiveSetup(first);
    } catch (error) {
      throw foundIn("setup", error);
    }
    for (;;) {
      const message = await readMessage(input, this.#context.draft);
      if (message === undefined) return await this.#ended("closed");
      if (message.kind !== "goaway") {
        throw violation(`${message.kind} does not belong on the control stream`);
      }
      this.#receiveGoaway(message);
    }
  }

  #receiveSetup(message: ControlMessageOf<"setup">): void {
    const options = decodeSetupOptions(message.options);
    const mayName = this.#context.role === "server" &&
      this.#context.connection.transport !== "webtransport";
    if (options.path !== undefined) checkPath(options.path, mayName);
    if (options.authority !== undefined) checkAuthority(options.authority, mayName);
    this.#events.setup(options);
  }

  #receiveGoaway(message: ControlMessageOf<"goaway">): void {
    if (this.#goawaySeen) throw violation("A second GOAWAY");
    this.#goawaySeen = true;
    if (this.#context.role === "server" && message.uri !== "") {
      throw violation("A client's GOAWAY names a URI");
    }
    if (message.requestId !== undefined && !this.#context.ids.isOwn(message.requestId)) {
      throw new SessionError(
        SessionCode.INVALID_REQUEST_ID,
        `GOAWAY names request ${message.requestId}, which is not ours`,
      );
    }
    this.#events.goaway(message);
  }
}

// RFC 3986: path-abempty, then perhaps a query. Anything else, and anything but ASCII, is malformed.
const PATH = /^(\/[\w.~!$&'()*+,;=:@%-]*)*(\?[\w.~!$&'()*+,;=:@%/?-]*)?$/;
// RFC 3986: host, which may not be empty, and perhaps a port.
const AUTHORITY = /^([\w.~!$&'()*+,;=%-]+|\[[0-9a-fA-F:.]+\])(:\d{0,5})?$/;

function checkPath(path: string, mayName: boolean): void {
  if (!mayName) {
    throw new SessionError(SessionCode.INVALID_PATH, "PATH does not belong into this SETUP");
  }
  if (!PATH.test(path)) {
    throw new SessionError(SessionCode.MALFORMED_PATH, "PATH is not the path of a URI");
  }
}

function checkAuthority(authority: string, mayName: boolean): void {
  if (!mayName) {
    throw new SessionError(
      SessionCode.INVALID_AUTHORITY,
      "AUTHORITY does not belong into this SETUP",
    );
  }
  if (!AUTHORITY.test(authority)) {
    throw new SessionError(
      SessionCode.MALFORMED_AUTHORITY,
      "AUTHORITY is not the authority of a URI",
    );
  }
}
