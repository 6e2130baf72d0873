interface Remembered {
  readonly bytes: Uint8Array;
  readonly value: unknown;
  readonly cost: number;
}

/** The memory of one entry beside the body's bytes and its name. */
const OVERHEAD_BYTES = 512;

/**
 * A cache of the last accepted body under each name, with its parsed value: a relay's repeated
 * heartbeat is then not parsed and validated again.
 */
export class BodyMemory {
  readonly #limit: number;
  readonly #longest: number;
  /** In order of insertion, the oldest first. */
  readonly #bodies = new Map<string, Remembered>();
  #cost = 0;

  /** Caches up to `limit` bytes in all, and no body longer than `longest`. */
  constructor(limit: number, longest: number) {
    this.#limit = limit;
    this.#longest = longest;
  }

  /** The parsed value if these bytes equal the cached body of this name. It must not be mutated. */
  recall(name: string, bytes: Uint8Array): unknown {
    const known = this.#bodies.get(name);
    return known !== undefined && areSame(known.bytes, bytes) ? known.value : undefined;
  }

  /** Caches a parsed body, replacing the one under the same name. */
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
