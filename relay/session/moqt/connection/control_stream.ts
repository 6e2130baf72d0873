import type { Clock, TaskGroup } from "@qumo/shared/runtime";
import {
  CLIENT_SETUP_TYPE,
  EncodeError,
  type MultiplexedDraft,
  type MultiplexedMessage,
  type MultiplexedMessageOf,
  type SetupOptions,
} from "@qumo/shared/wire";
import {
  type BidiStream,
  type Connection,
  type SendStream,
  URGENT,
} from "../../../transport/types.ts";
import { foundIn, isTransportEnd, SessionError, violation } from "../../errors.ts";
import type { FirstStreams, PeekedBidi } from "../../first_streams.ts";
import { messageInput, readMessage, type Tolerance } from "../../framing.ts";
import type { Input } from "../../input.ts";
import { MAX_AUTH_TOKEN_CACHE_BYTES, MAX_CONTROL_BACKLOG_BYTES } from "../../limits.ts";
import type { Role } from "../../session_options.ts";
import type { Control } from "./control.ts";
import { controlStreamEnded } from "./control_end.ts";
import { withoutMesh } from "./relay_peer.ts";
import { checkGoaway, checkNames } from "./setup_rules.ts";

/** The dependencies of {@linkcode ControlStream}. */
export interface ControlStreamParts {
  readonly connection: Connection;
  readonly draft: MultiplexedDraft;
  readonly role: Role;
  readonly clock: Clock;
  readonly tasks: TaskGroup;
  /** MOQT_IMPLEMENTATION of our SETUP; undefined sends none. */
  readonly implementation: string | undefined;
  /** MAX_REQUEST_ID of our SETUP. */
  readonly maxRequestId: bigint;
  /** Called with the peer's GOAWAY. */
  readonly onGoaway: (message: MultiplexedMessageOf<"goaway">) => void;
  /** Closes the session because the peer does not read. */
  readonly giveUp: (reason: string) => void;
}

/**
 * The control stream of a session, which the client opens with CLIENT_SETUP: drafts 14 to 16
 * (#session-init). All requests share it, so that a peer that does not read it ends its session.
 */
export class ControlStream implements Control {
  readonly peerSetup: Promise<SetupOptions>;
  readonly #parts: ControlStreamParts;
  readonly #resolveSetup: (options: SetupOptions) => void;
  #send: SendStream | undefined;
  #input: Input | undefined;
  #backlog = 0;
  #goawaySeen = false;

  constructor(parts: ControlStreamParts) {
    this.#parts = parts;
    const { promise, resolve } = Promise.withResolvers<SetupOptions>();
    this.peerSetup = promise;
    this.#resolveSetup = resolve;
  }

  begin(options: SetupOptions, streams: FirstStreams): void {
    const { tasks, role } = this.#parts;
    if (role === "client") return tasks.spawn("control stream", () => this.#open(options));
    streams.bidi.inspect(tasks, {
      isFound: () => this.#input !== undefined,
      inspect: (stream) => this.#inspect(stream, streams, options),
    });
  }

  /** Takes a stream if it is the control stream; leaves those of other requests in the queue. */
  async #inspect(
    stream: PeekedBidi,
    streams: FirstStreams,
    options: SetupOptions,
  ): Promise<void> {
    const { draft } = this.#parts;
    const type = await stream.receive.peekVarint(draft.varint);
    if (type === undefined || this.#input !== undefined) return;
    if (type !== CLIENT_SETUP_TYPE) {
      if (type === prefixTypeOf(draft)) return;
      throw foundIn("setup", violation("The control stream does not begin with CLIENT_SETUP"));
    }
    streams.bidi.remove(stream);
    await this.#use(stream, (input) => this.#answerSetup(input, options));
  }

  /** As the client: SETUP goes first. */
  async #open(options: SetupOptions): Promise<void> {
    const { connection } = this.#parts;
    const stream = await connection.openBidi();
    await this.#use(stream, (input) => this.#offerSetup(input, options));
  }

  async #use(
    { send, receive }: Pick<BidiStream, "send" | "receive">,
    exchange: (input: Input) => Promise<void>,
  ): Promise<void> {
    const { draft } = this.#parts;
    const input = messageInput(receive, draft.streamCodes);
    this.#input = input;
    this.#send = send;
    send.priority = URGENT;
    try {
      await exchange(input);
    } catch (error) {
      throw foundIn("setup", error);
    }
  }

  async #offerSetup(input: Input, own: SetupOptions): Promise<void> {
    const { draft } = this.#parts;
    const { version } = draft;
    const versions = version === undefined ? [] : [version];
    this.send({ kind: "clientSetup", versions, options: this.#ownOptions(own) });
    const first = await readMessage(input, draft);
    if (first?.kind !== "serverSetup") {
      throw violation("The control stream does not begin with SERVER_SETUP");
    }
    if (first.version !== version) {
      throw new SessionError("version_negotiation_failed", `${draft.protocol} was not chosen`);
    }
    const options = withoutMesh(first.options);
    checkNames(options, false);
    this.#resolveSetup(options);
  }

  #ownOptions(own: SetupOptions): SetupOptions {
    const { implementation, maxRequestId } = this.#parts;
    return {
      ...withoutMesh(own),
      maxRequestId,
      maxAuthTokenCacheSize: BigInt(MAX_AUTH_TOKEN_CACHE_BYTES),
      ...(implementation !== undefined && { implementation }),
    };
  }

  async #answerSetup(input: Input, own: SetupOptions): Promise<void> {
    const { draft, connection } = this.#parts;
    const first = await readMessage(input, draft);
    if (first?.kind !== "clientSetup") {
      throw violation("The control stream does not begin with CLIENT_SETUP");
    }
    const { version } = draft;
    if (version !== undefined && !first.versions.includes(version)) {
      throw new SessionError("version_negotiation_failed", `${draft.protocol} was not offered`);
    }
    const options = withoutMesh(first.options);
    checkNames(options, connection.path === undefined);
    this.send({ kind: "serverSetup", version, options: this.#ownOptions(own) });
    this.#resolveSetup(options);
  }

  goaway(uri: string): Promise<void> {
    this.send({ kind: "goaway", uri, timeout: 0n, requestId: undefined });
    return Promise.resolve();
  }

  /** See {@linkcode ControlLine.send}. */
  send(message: MultiplexedMessage): boolean {
    let bytes: Uint8Array;
    try {
      bytes = this.#parts.draft.control.encode(message);
    } catch (error) {
      if (error instanceof EncodeError) return false;
      throw error;
    }
    if (this.#backlog + bytes.length > MAX_CONTROL_BACKLOG_BYTES) {
      this.#parts.giveUp("the peer does not read its control stream");
    } else this.#parts.tasks.spawn("control message", () => this.#write(bytes));
    return true;
  }

  async #write(bytes: Uint8Array): Promise<void> {
    this.#backlog += bytes.length;
    try {
      await this.#send?.write(bytes);
    } catch (error) {
      if (!isTransportEnd(error) || error.kind !== "stopped") throw error;
      throw violation("Our control stream was refused");
    }
    this.#backlog -= bytes.length;
  }

  /** See {@linkcode ControlLine.listen}. */
  async listen(
    take: (message: MultiplexedMessage) => Promise<void>,
    tolerance?: Tolerance<MultiplexedMessage>,
  ): Promise<void> {
    const { draft, connection, clock } = this.#parts;
    try {
      for (;;) {
        const message = await readMessage(this.#input!, draft, tolerance);
        if (message === undefined) return await controlStreamEnded(connection, clock, "closed");
        if (message.kind === "goaway") this.#receiveGoaway(message);
        else await take(message);
      }
    } catch (error) {
      if (!isTransportEnd(error) || error.kind !== "reset") throw error;
      await controlStreamEnded(connection, clock, "reset");
    }
  }

  #receiveGoaway(message: MultiplexedMessageOf<"goaway">): void {
    if (this.#goawaySeen) throw violation("A second GOAWAY");
    this.#goawaySeen = true;
    checkGoaway(message, this.#parts.role);
    this.#parts.onGoaway(message);
  }
}

/** What a stream of its own begins with: SUBSCRIBE_NAMESPACE, in a draft that has such streams. */
function prefixTypeOf({ control, requests }: MultiplexedDraft): bigint | undefined {
  if (requests.prefixes !== "stream") return undefined;
  return Object.values(control.messages).find(({ kind }) => kind === "subscribePrefix")?.type;
}
