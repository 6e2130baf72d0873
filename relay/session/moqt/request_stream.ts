import {
  type ControlMessage,
  type ControlMessageOf,
  type Draft,
  type Namespace,
  StreamCode,
} from "@qumo/shared/wire";
import type { BidiStream } from "../../transport/types.ts";
import { violation } from "../errors.ts";
import { MAX_FRAME_BYTES, readMessage } from "../framing.ts";
import { Input } from "../input.ts";
import { MAX_SEND_BACKLOG_BYTES } from "../limits.ts";
import type { Role } from "./request_ids.ts";

/** What a request stream needs of its session. */
export interface RequestStreamOptions {
  readonly draft: Draft;
  readonly canReset: boolean;
  /** Which end of the session we are. */
  readonly role: Role;
  /** Takes note of the tokens of a message behind the first, whatever becomes of the message. */
  readonly registerTokens: (message: ControlMessage) => void;
  /** Waits until the peer may be read again: what limits its rate of messages. */
  readonly admit: () => Promise<void>;
}

/** What a request is about: a namespace, or a track where it has a name. */
export interface RequestSubject {
  readonly namespace: Namespace;
  readonly name?: Uint8Array;
}

/** The stream of one request, opened by either side: messages both ways. */
export class RequestStream {
  /** For the log. */
  subject: RequestSubject = { namespace: [] };
  readonly #bidi: BidiStream;
  readonly #options: RequestStreamOptions;
  readonly #input: Input;
  #ahead: Promise<ControlMessage | undefined> | undefined;
  #reading = false;
  // Settled when the one who reads now is through.
  #turn: Promise<void> = Promise.resolve();
  #begun = false;
  #goawaySeen = false;
  #backlog = 0;
  #sendingEnded = false;
  #onStopped: (() => void) | undefined;

  constructor(bidi: BidiStream, options: RequestStreamOptions, priority: number) {
    this.#bidi = bidi;
    this.#options = options;
    this.#input = new Input(bidi.receive, MAX_FRAME_BYTES);
    bidi.send.priority = priority;
  }

  /** Called once when the peer no longer takes messages. */
  set onStopped(callback: () => void) {
    this.#onStopped = callback;
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
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#turn = promise;
    try {
      for (;;) {
        const message = await readMessage(this.#input, this.#options.draft);
        if (message !== undefined) await this.#options.admit();
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

  /** Reads what nobody asked for to its end, without which the stream would count as open. */
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

  /**
   * Reads ahead while the request is being worked on, so that a peer that breaks it off is noticed:
   * `onEnd` is called then, and with `byFin` also when the peer has nothing more to say. Messages that
   * came meanwhile are returned by {@linkcode next} afterwards.
   */
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

  /** Sends a message; a peer that takes none for too long loses the request. */
  send(message: ControlMessage): void {
    if (this.#sendingEnded) return;
    this.#begun = true;
    const bytes = this.#options.draft.control.encode(message);
    this.#backlog += bytes.length;
    if (this.#backlog > MAX_SEND_BACKLOG_BYTES) {
      this.cancel(StreamCode.TOO_FAR_BEHIND);
      this.#onStopped?.();
      return;
    }
    this.#bidi.send.write(bytes).then(() => void (this.#backlog -= bytes.length), this.#stopped);
  }

  /** Nothing more will be said. */
  finish(): void {
    if (this.#sendingEnded) return;
    this.#sendingEnded = true;
    this.#bidi.send.finish().catch(() => {});
  }

  /** Breaks the request off in both directions (#request-cancellation). */
  cancel(code: number): void {
    this.#bidi.receive.stop(code);
    if (this.#sendingEnded) return;
    // A FIN on a request stream claims nothing that would be false, unlike one on a data stream.
    if (!this.#options.canReset) return this.finish();
    this.#sendingEnded = true;
    this.#bidi.send.reset(code);
  }

  readonly #stopped = () => {
    if (this.#sendingEnded) return;
    this.#sendingEnded = true;
    this.#onStopped?.();
  };
}
