import { addressKey } from "@qumo/shared/runtime";

/** Who holds an answer that is not sent yet, and can be ended. */
export interface Receiver {
  readonly address: string;
  destroy(): void;
}

/** An answer that waits for its client to read it. */
interface Waiting {
  readonly receiver: Receiver;
  readonly bytes: number;
}

/**
 * The memory of all answers together that wait for their clients. When it is too much, the client
 * address with most of it loses the connection that has waited for longest: slow readers at one address
 * keep nobody else from an answer.
 */
export class UnsentAnswers {
  readonly #max: number;
  readonly #onCut: () => void;
  // By addressKey, the oldest first.
  readonly #waiting = new Map<string, Set<Waiting>>();
  readonly #bytesOf = new Map<string, number>();
  #bytes = 0;

  /** `onCut` is called for each connection that is ended for want of room. */
  constructor(max: number, onCut: () => void) {
    this.#max = max;
    this.#onCut = onCut;
  }

  /** Bytes that wait. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Counts an answer until the returned function is called: it is sent, or its connection is over. */
  hold(receiver: Receiver, bytes: number): () => void {
    const key = addressKey(receiver.address);
    const waiting = { receiver, bytes };
    const own = this.#waiting.get(key) ?? new Set();
    this.#waiting.set(key, own.add(waiting));
    this.#add(key, bytes);
    while (this.#bytes > this.#max && this.#cutOldest(waiting));
    return () => this.#forget(key, waiting);
  }

  /** False when the newest alone is left, which one answer may be, however large. */
  #cutOldest(newest: Waiting): boolean {
    const [largest] = [...this.#bytesOf].sort((a, b) => b[1] - a[1]);
    if (largest === undefined) return false;
    const [key] = largest;
    const [oldest] = this.#waiting.get(key)!;
    if (oldest === undefined || oldest === newest) return false;
    this.#forget(key, oldest);
    this.#onCut();
    oldest.receiver.destroy();
    return true;
  }

  #forget(key: string, waiting: Waiting): void {
    const own = this.#waiting.get(key);
    if (own?.delete(waiting) !== true) return;
    if (own.size === 0) this.#waiting.delete(key);
    this.#add(key, -waiting.bytes);
  }

  #add(key: string, bytes: number): void {
    this.#bytes += bytes;
    const own = (this.#bytesOf.get(key) ?? 0) + bytes;
    if (own > 0) this.#bytesOf.set(key, own);
    else this.#bytesOf.delete(key);
  }
}
