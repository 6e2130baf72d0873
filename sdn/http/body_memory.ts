interface Remembered {
  readonly bytes: Uint8Array;
  readonly value: unknown;
  readonly cost: number;
}

/** What one body costs beside its bytes and its name: entries, and what was read, which is small too. */
const OVERHEAD_BYTES = 512;

/**
 * The last body that was accepted under each name, with what was read from it. A relay that says the
 * same again and again is then not read again and again: equal bytes read equally.
 */
export class BodyMemory {
  readonly #limit: number;
  readonly #longest: number;
  /** The one that was remembered first comes first. */
  readonly #bodies = new Map<string, Remembered>();
  #cost = 0;

  /** Remembers up to `limit` bytes in all, and no body that is longer than `longest`. */
  constructor(limit: number, longest: number) {
    this.#limit = limit;
    this.#longest = longest;
  }

  /** What was read from these very bytes under this name the last time; nobody may change it. */
  recall(name: string, bytes: Uint8Array): unknown {
    const known = this.#bodies.get(name);
    return known !== undefined && areSame(known.bytes, bytes) ? known.value : undefined;
  }

  /** Remembers what was read, in place of what was before under this name. */
  remember(name: string, bytes: Uint8Array, value: unknown): void {
    this.#forget(name);
    if (bytes.length > this.#longest) return;
    const cost = OVERHEAD_BYTES + 2 * name.length + bytes.length;
    this.#bodies.set(name, { bytes, value, cost });
    this.#cost += cost;
    for (const oldest of this.#bodies.keys()) {
      if (this.#cost <= this.#limit) return;
      this.#forget(oldest);
    }
  }

  #forget(name: string): void {
    this.#cost -= this.#bodies.get(name)?.cost ?? 0;
    this.#bodies.delete(name);
  }
}

function areSame(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false;
  return true;
}
