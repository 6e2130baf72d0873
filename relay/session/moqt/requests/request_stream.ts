import {
  type ControlMessage,
  type ControlMessageOf,
  EncodeError,
  type ParameterRules,
  type StreamDraft,
  type StreamErrorName,
} from "@qumo/shared/wire";
import type { BidiStream } from "../../../transport/types.ts";
import { violation } from "../../errors.ts";
import { messageInput, readMessage, type Tolerance } from "../../framing.ts";
import type { Input } from "../../input.ts";
import { MAX_PROBES, MAX_SEND_BACKLOG_BYTES } from "../../limits.ts";
import type { Role } from "../../session_options.ts";
import { checkGoaway } from "../connection/setup_rules.ts";
import type { RequestChannel, RequestSubject } from "./requests.ts";
import { subjectOf } from "./subject.ts";

/** How the messages of a request are written. */
export interface RequestDialect extends Pick<StreamDraft, "varint" | "streamCodes" | "parameters"> {
  readonly control: Pick<StreamDraft["control"], "encode" | "decode" | "length">;
}

/** How the messages of one session's requests are read and written. */
export interface MessageRules {
  readonly draft: RequestDialect;
  /** Whether streams can be reset. */
  readonly canReset: boolean;
  /** The relay's role in the session. */
  readonly role: Role;
  /** The id of our next request or update. */
  readonly nextId: () => bigint;
  /** Registers the tokens of a later message, even of one that is refused. */
  readonly registerTokens: (message: ControlMessage) => void;
  /** Accepts deviations of some peers from the draft. */
  readonly tolerance?: Tolerance;
  /** Waits until the peer's rate limit allows the next message. */
  readonly admit: () => Promise<void>;
  /** Called for a message that the draft cannot express, which is left out. */
  readonly leftOut: (message: ControlMessage, subject: RequestSubject) => void;
  /** Whether probe bytes may be sent to detect a STOP_SENDING. */
  readonly mayProbe: boolean;
}

/** Options of a {@linkcode RequestStream}. */
export interface RequestStreamOptions extends MessageRules {
  /** Who opened the stream: a peer that stops our half of its own request has cancelled it. */
  readonly openedBy: "us" | "peer";
}

/** A request on a bidirectional stream. */
export class RequestStream implements RequestChannel {
  readonly rules: ParameterRules;
  readonly #bidi: BidiStream;
  readonly #options: RequestStreamOptions;
  readonly #input: Input;
  #ahead: Promise<ControlMessage | undefined> | undefined;
  #reading = false;
  #admitting = false;
  // The pending read, or the last one.
  #turn: Promise<ControlMessage | undefined> = NOTHING_READ;
  // What the request began with, said by either side.
  #first: ControlMessage | undefined;
  #goawaySeen = false;
  #backlog = 0;
  #sendingEnded = false;
  #stoppedListeners: readonly (() => void)[] = [];
  #sentCount = 0;
  // Bytes of the next message's type that were sent as probes.
  #probes = 0;

  constructor(bidi: BidiStream, options: RequestStreamOptions, priority: number) {
    this.rules = options.draft.parameters;
    this.#bidi = bidi;
    this.#options = options;
    this.#input = messageInput(bidi.receive, options.draft.streamCodes);
    bidi.send.priority = priority;
  }

  onStopped(callback: () => void): void {
    // An array that grows by push() reserves room for 17.
    this.#stoppedListeners = [...this.#stoppedListeners, callback];
  }

  nextId(): bigint {
    return this.#options.nextId();
  }

  get sentCount(): number {
    return this.#sentCount;
  }

  /** Probe bytes sent since the last message. */
  get probeCount(): number {
    return this.#probes;
  }

  /**
   * Whether the peer has stopped our half, which is only detected by writing a byte. A byte without
   * meaning is available: integers may have leading zeros, so it is the start of the next message's
   * type. Their number per message is limited.
   */
  async hasStopped(): Promise<boolean> {
    if (this.#sendingEnded) return false;
    const { draft, mayProbe } = this.#options;
    // A pending write would have failed.
    const isFull = this.#probes === MAX_PROBES || this.#backlog > 0;
    if (isFull || !mayProbe) return false;
    // Types are below 256: the longest form is zero except for its first and last byte.
    const byte = Uint8Array.of(this.#probes === 0 ? draft.varint.longest.first : 0);
    this.#probes++;
    await this.#write(byte);
    return this.#sendingEnded;
  }

  /**
   * The peer's next message; undefined after the last one. Rejects when the stream is reset. GOAWAY
   * is skipped: a running request is completed.
   */
  next(): Promise<ControlMessage | undefined> {
    const ahead = this.#ahead;
    this.#ahead = undefined;
    return ahead ?? this.#nextInTurn();
  }

  /** There is one buffer: a second reader waits. */
  #nextInTurn(): Promise<ControlMessage | undefined> {
    if (this.#reading) {
      const retry = () => this.#nextInTurn();
      return this.#turn.then(retry, retry);
    }
    this.#reading = true;
    return this.#turn = this.#read();
  }

  async #read(): Promise<ControlMessage | undefined> {
    const { draft, tolerance } = this.#options;
    try {
      for (;;) {
        const message = await readMessage(this.#input, draft, tolerance);
        if (message !== undefined) await this.#admit();
        if (message?.kind === "goaway" && this.#first !== undefined) {
          this.#receiveGoaway(message);
          continue;
        }
        if (message?.kind === "requestError") this.#checkRedirect(message);
        if (message !== undefined && this.#first !== undefined) {
          this.#options.registerTokens(message);
        }
        this.#first ??= message;
        return message;
      }
    } finally {
      this.#reading = false;
    }
  }

  get awaitsPeer(): boolean {
    return this.#reading && !this.#admitting;
  }

  async #admit(): Promise<void> {
    this.#admitting = true;
    await this.#options.admit();
    this.#admitting = false;
  }

  async drain(): Promise<void> {
    if (this.#reading && this.#ahead === undefined) return;
    while (await this.next() !== undefined);
  }

  #receiveGoaway(message: ControlMessageOf<"goaway">): void {
    if (this.#goawaySeen) throw violation("A second GOAWAY on one request stream");
    this.#goawaySeen = true;
    checkGoaway(message, this.#options.role);
  }

  /** A client cannot redirect a server (#redirect-structure). */
  #checkRedirect({ redirect }: ControlMessageOf<"requestError">): void {
    if (redirect === undefined || redirect.uri === "" || this.#options.role === "client") return;
    throw violation("A client's redirect names a URI");
  }

  hold(onEnd: () => void, { byFin }: { byFin: boolean }): { release(): void } {
    let held = true;
    const ahead = this.next();
    this.#ahead = ahead;
    ahead.then(
      (message) => byFin && message === undefined && held && onEnd(),
      () => held && onEnd(),
    );
    return { release: () => void (held = false) };
  }

  send(message: ControlMessage): void {
    if (!this.trySend(message)) this.#giveUp("internal_error");
  }

  trySend(message: ControlMessage): boolean {
    if (this.#sendingEnded) return true;
    const bytes = this.#encode(message);
    if (bytes === undefined) {
      this.#options.leftOut(message, subjectOf(this.#first ?? message));
      return false;
    }
    this.#first ??= message;
    this.#sentCount++;
    if (this.#backlog + bytes.length > MAX_SEND_BACKLOG_BYTES) this.#giveUp("too_far_behind");
    else void this.#write(bytes);
    return true;
  }

  #giveUp(code: StreamErrorName): void {
    this.cancel(code);
    this.#tellStopped();
  }

  finish(): void {
    if (this.#sendingEnded) return;
    // A stream must not end within a message.
    if (this.#probes > 0) this.send(FAREWELL);
    this.#sendingEnded = true;
    this.#bidi.send.finish().catch(() => {});
  }

  cancel(code: StreamErrorName): void {
    this.#stop(code);
    if (this.#sendingEnded) return;
    // A FIN on a request stream claims no completeness, unlike one on a data stream.
    if (!this.#options.canReset) return this.finish();
    this.#sendingEnded = true;
    this.#bidi.send.reset(this.#options.draft.streamCodes[code]);
  }

  #stop(code: StreamErrorName): void {
    this.#bidi.receive.stop(this.#options.draft.streamCodes[code]);
  }

  /**
   * Encodes a message without the bytes that were sent as probes; undefined if the draft cannot
   * express it.
   */
  #encode(message: ControlMessage): Uint8Array | undefined {
    const { control, varint } = this.#options.draft;
    let bytes: Uint8Array;
    try {
      bytes = control.encode(message);
    } catch (error) {
      if (error instanceof EncodeError) return undefined;
      throw error;
    }
    if (this.#probes === 0) return bytes;
    const { first, bytes: size } = varint.longest;
    const body = bytes.subarray(varint.lengthFrom(bytes[0]!));
    const frame = new Uint8Array(size + body.length);
    frame[0] = first;
    let type = varint.read(bytes, 0);
    for (let at = size - 1; type > 0n; type >>= 8n) frame[at--] = Number(type & 0xffn);
    frame.set(body, size);
    const rest = frame.subarray(this.#probes);
    this.#probes = 0;
    return rest;
  }

  #write(bytes: Uint8Array): Promise<void> {
    this.#backlog += bytes.length;
    return this.#bidi.send.write(bytes).then(
      () => void (this.#backlog -= bytes.length),
      this.#stopped,
    );
  }

  #tellStopped(): void {
    const listeners = this.#stoppedListeners;
    this.#stoppedListeners = [];
    for (const tell of listeners) tell();
  }

  readonly #stopped = () => {
    if (this.#sendingEnded) return;
    this.#sendingEnded = true;
    this.#tellStopped();
    if (this.#options.openedBy === "peer") this.#stop("cancelled");
  };
}

const NOTHING_READ = Promise.resolve(undefined);

/** A message without effect on a request that has ended. */
const FAREWELL: ControlMessage = { kind: "goaway", uri: "", timeout: 0n, requestId: undefined };
