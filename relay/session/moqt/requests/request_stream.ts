import {
  type ControlMessage,
  type ControlMessageOf,
  type Draft,
  type ParameterRules,
  StreamCode,
} from "@qumo/shared/wire";
import type { BidiStream } from "../../../transport/types.ts";
import { violation } from "../../errors.ts";
import { MAX_FRAME_BYTES, readMessage, type Tolerance } from "../../framing.ts";
import { Input } from "../../input.ts";
import { MAX_PROBES, MAX_SEND_BACKLOG_BYTES } from "../../limits.ts";
import type { Role } from "../../session_options.ts";
import type { RequestChannel, RequestSubject } from "./requests.ts";

/** How messages are read and written on the requests of one session. */
export interface MessageRules {
  readonly draft: Draft;
  /** Whether streams can be reset. */
  readonly canReset: boolean;
  /** Which end of the session we are. */
  readonly role: Role;
  /** Takes note of the tokens of a message behind the first, whatever becomes of the message. */
  readonly registerTokens: (message: ControlMessage) => void;
  /** Takes what some peers write in a way of their own. */
  readonly tolerance?: Tolerance;
  /** Waits until the peer may be read again: what limits its rate of messages. */
  readonly admit: () => Promise<void>;
  /** Whether bytes may be sent that show whether the peer has stopped our half. */
  readonly mayProbe: boolean;
}

/** What one request stream is like. */
export interface RequestStreamOptions extends MessageRules {
  /** Who opened the stream: a peer that stops our half of a request of its own has cancelled it. */
  readonly openedBy: "us" | "peer";
}

/** The stream of one request, opened by either side: messages both ways. */
export class RequestStream implements RequestChannel {
  subject: RequestSubject = { namespace: [] };
  readonly rules: ParameterRules;
  readonly #bidi: BidiStream;
  readonly #options: RequestStreamOptions;
  readonly #input: Input;
  #ahead: Promise<ControlMessage | undefined> | undefined;
  #reading = false;
  #admitting = false;
  // Settled when the one who reads now is through.
  #turn: Promise<void> = Promise.resolve();
  #begun = false;
  #goawaySeen = false;
  #backlog = 0;
  #sendingEnded = false;
  readonly #stoppedListeners: (() => void)[] = [];
  #sentCount = 0;
  // How many bytes of the next message's type are sent.
  #probes = 0;

  constructor(bidi: BidiStream, options: RequestStreamOptions, priority: number) {
    this.rules = options.draft.parameters;
    this.#bidi = bidi;
    this.#options = options;
    this.#input = new Input(bidi.receive, MAX_FRAME_BYTES);
    bidi.send.priority = priority;
  }

  onStopped(callback: () => void): void {
    this.#stoppedListeners.push(callback);
  }

  get sentCount(): number {
    return this.#sentCount;
  }

  /** Bytes sent since the last message only to see whether the peer takes them. */
  get probeCount(): number {
    return this.#probes;
  }

  /**
   * Whether it turns out that the peer has stopped our half, which shows at the next byte that is written and no sooner.
   * One that means nothing is: integers may be longer than they need to be, and this is the beginning
   * of the next message's type. There are only so many before each message.
   */
  async hasStopped(): Promise<boolean> {
    if (this.#sendingEnded) return false;
    const { draft, mayProbe } = this.#options;
    // What waits to be taken would have failed.
    const isFull = this.#probes === MAX_PROBES || this.#backlog > 0;
    if (isFull || !mayProbe) return false;
    // Types are less than 256: all of the longest form but its ends is zero.
    const byte = Uint8Array.of(this.#probes === 0 ? draft.varint.longest.first : 0);
    this.#probes++;
    await this.#write(byte);
    return this.#sendingEnded;
  }

  /**
   * The peer's next message; undefined when it said its last. Rejects when it broke off. GOAWAY is not
   * among them: a request that is told to go elsewhere runs to its end.
   */
  async next(): Promise<ControlMessage | undefined> {
    const ahead = this.#ahead;
    if (ahead !== undefined) {
      this.#ahead = undefined;
      return await ahead;
    }
    // There is one buffer: who comes while somebody reads waits.
    while (this.#reading) await this.#turn;
    this.#reading = true;
    const { draft, tolerance } = this.#options;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#turn = promise;
    try {
      for (;;) {
        const message = await readMessage(this.#input, draft, tolerance);
        if (message !== undefined) await this.#admit();
        if (message?.kind === "goaway" && this.#begun) {
          this.#receiveGoaway(message);
          continue;
        }
        if (message?.kind === "requestError") this.#checkRedirect(message);
        if (message !== undefined && this.#begun) this.#options.registerTokens(message);
        this.#begun = true;
        return message;
      }
    } finally {
      this.#reading = false;
      resolve();
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
    if (this.#options.role === "server" && message.uri !== "") {
      throw violation("A client's GOAWAY names a URI");
    }
  }

  /** Clients cannot send a server elsewhere (#redirect-structure). */
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
    if (this.#sendingEnded) return;
    this.#begun = true;
    this.#sentCount++;
    const bytes = this.#encode(message);
    if (this.#backlog + bytes.length > MAX_SEND_BACKLOG_BYTES) {
      this.cancel(StreamCode.TOO_FAR_BEHIND);
      this.#tellStopped();
      return;
    }
    void this.#write(bytes);
  }

  finish(): void {
    if (this.#sendingEnded) return;
    // A stream must not end within a message.
    if (this.#probes > 0) this.send(FAREWELL);
    this.#sendingEnded = true;
    this.#bidi.send.finish().catch(() => {});
  }

  cancel(code: number): void {
    this.#bidi.receive.stop(code);
    if (this.#sendingEnded) return;
    // A FIN on a request stream claims nothing that would be false, unlike one on a data stream.
    if (!this.#options.canReset) return this.finish();
    this.#sendingEnded = true;
    this.#bidi.send.reset(code);
  }

  /** The bytes of a message that are not sent yet. */
  #encode(message: ControlMessage): Uint8Array {
    const { control, varint } = this.#options.draft;
    const bytes = control.encode(message);
    if (this.#probes === 0) return bytes;
    const { first, bytes: size } = varint.longest;
    const body = bytes.subarray(varint.lengthFrom(bytes[0]!));
    const whole = new Uint8Array(size + body.length);
    whole[0] = first;
    let type = varint.read(bytes, 0);
    for (let at = size - 1; type > 0n; type >>= 8n) whole[at--] = Number(type & 0xffn);
    whole.set(body, size);
    const rest = whole.subarray(this.#probes);
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
    for (const tell of this.#stoppedListeners.splice(0)) tell();
  }

  readonly #stopped = () => {
    if (this.#sendingEnded) return;
    this.#sendingEnded = true;
    this.#tellStopped();
    if (this.#options.openedBy === "peer") this.#bidi.receive.stop(StreamCode.CANCELLED);
  };
}

/** Says only that the request is over, which the peer knows. */
const FAREWELL: ControlMessage = { kind: "goaway", uri: "", timeout: 0n, requestId: undefined };
