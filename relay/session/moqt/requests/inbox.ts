import type { ControlMessage } from "@qumo/shared/wire";
import type { TransportError } from "../../../transport/errors.ts";

/**
 * What the peer says on one request among others on the same stream, in order, until somebody reads
 * it. It is never more than the peer may say unanswered: each update takes one of its requests.
 */
export class Inbox {
  readonly #messages: ControlMessage[] = [];
  readonly #readers: PromiseWithResolvers<ControlMessage | undefined>[] = [];
  #ahead: Promise<ControlMessage | undefined> | undefined;
  #isOver = false;
  #failure: TransportError | undefined;

  /** Whether the peer says no more. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Whether somebody waits for the peer. */
  get isAwaited(): boolean {
    return this.#readers.length > 0;
  }

  /** A message of the peer. */
  push(message: ControlMessage): void {
    const reader = this.#readers.shift();
    if (reader === undefined) this.#messages.push(message);
    else reader.resolve(message);
  }

  /** The peer has said its last word. */
  end(): void {
    this.#isOver = true;
    for (const reader of this.#readers.splice(0)) reader.resolve(undefined);
  }

  /** The request was broken off: what was not read is dropped. */
  fail(failure: TransportError): void {
    if (this.#failure !== undefined) return;
    this.#isOver = true;
    this.#failure = failure;
    this.#messages.length = 0;
    for (const reader of this.#readers.splice(0)) reader.reject(failure);
  }

  /** See {@linkcode RequestChannel.next}. */
  next(): Promise<ControlMessage | undefined> {
    const ahead = this.#ahead;
    this.#ahead = undefined;
    return ahead ?? this.#read();
  }

  #read(): Promise<ControlMessage | undefined> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    const message = this.#messages.shift();
    if (message !== undefined || this.#isOver) return Promise.resolve(message);
    const reader = Promise.withResolvers<ControlMessage | undefined>();
    this.#readers.push(reader);
    return reader.promise;
  }

  /** See {@linkcode RequestChannel.drain}. */
  async drain(): Promise<void> {
    // Whoever reads it does so to the end.
    if (this.isAwaited && this.#ahead === undefined) return;
    while (await this.next() !== undefined);
  }

  /** See {@linkcode RequestChannel.hold}. */
  hold(onEnd: () => void, { byFin }: { readonly byFin: boolean }): { release(): void } {
    let held = true;
    const ahead = this.#ahead = this.next();
    ahead.then(
      (message) => byFin && message === undefined && held && onEnd(),
      () => held && onEnd(),
    );
    return { release: () => void (held = false) };
  }
}
