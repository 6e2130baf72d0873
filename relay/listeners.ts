import { type Log, messageOf } from "@qumo/shared/runtime";
import type { Admission } from "./admission.ts";
import { formatAddress } from "./config.ts";
import type { BoundedListener, CertificatePair, Code } from "./transport/mod.ts";

/** What {@linkcode Listeners} work with. */
export interface ListenersParts {
  readonly admission: Pick<Admission, "accept">;
  readonly log: Log;
  /** Nobody can come in any more although nobody closed the listeners; with the last one's reason. */
  readonly onAllFailed: (reason: string) => void;
}

/** All that connections arrive at. One that fails is left out, and the others go on. */
export class Listeners {
  readonly #parts: ListenersParts;
  readonly #listeners: BoundedListener[] = [];
  readonly #failed = new Set<BoundedListener>();
  #isClosing = false;

  constructor(parts: ListenersParts) {
    this.#parts = parts;
  }

  /** One more, before connections are taken in. */
  add(listener: BoundedListener): void {
    this.#listeners.push(listener);
  }

  /** Whether one has failed, while others go on. */
  get hasFailed(): boolean {
    return this.#failed.size > 0;
  }

  /** An upper estimate of the bytes that peers have sent and the relay has not read. */
  get unreadBytes(): number {
    let bytes = 0;
    for (const listener of this.#listeners) bytes += listener.unreadBytes;
    return bytes;
  }

  /** Takes in connections for as long as there is a listener. Never rejects. */
  async accept(): Promise<void> {
    await Promise.all(this.#listeners.map((listener) => this.#acceptAt(listener)));
  }

  /** New handshakes use this certificate. */
  useCertificate(pair: CertificatePair): void {
    for (const listener of this.#listeners) {
      if (!this.#failed.has(listener)) listener.useCertificate(pair);
    }
  }

  /** Changes how many connections one address of clients may have. */
  limitConnections(perAddress: number): void {
    for (const listener of this.#listeners) listener.limitConnections(perAddress);
  }

  /** Stops listening and ends every connection with this code. */
  close(code: Code, reason: string): void {
    this.#isClosing = true;
    for (const listener of this.#listeners) listener.close(code, reason);
  }

  async #acceptAt(listener: BoundedListener): Promise<void> {
    const where = formatAddress(listener.address);
    try {
      await this.#parts.admission.accept(listener);
      this.#ended(listener, `the listener at ${where} ended`);
    } catch (error) {
      this.#ended(listener, `the listener at ${where} failed: ${messageOf(error)}`);
    }
  }

  #ended(listener: BoundedListener, reason: string): void {
    if (this.#isClosing) return;
    this.#failed.add(listener);
    const { log, onAllFailed } = this.#parts;
    const left = this.#listeners.length - this.#failed.size;
    if (left === 0) return onAllFailed(reason);
    // Who came in by it may stay for as long as the connection lasts.
    log.error("listener failed, others go on", { reason, listeners: left });
  }
}
