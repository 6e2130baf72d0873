import { wholeNamespaceText } from "@qumo/shared/runtime";
import { hasPrefix, type Namespace } from "@qumo/shared/wire";

/** A name came, or went. */
export interface NameEvent {
  readonly kind: "announced" | "withdrawn";
  readonly namespace: string;
}

/** The names that a relay tells, as far as they are under a prefix. */
export class AnnouncedNames {
  /** Called for each word of the relay, wherever the name is. */
  onHeard: () => void = () => {};
  readonly #prefix: Namespace;
  readonly #max: number;
  // How often each is announced.
  readonly #names = new Map<string, number>();
  #leftOut = 0;
  #tell: (event: NameEvent) => void = () => {};

  constructor(prefix: Namespace, max: number) {
    this.#prefix = prefix;
    this.#max = max;
  }

  /** Names beyond the most that are kept. */
  get leftOut(): number {
    return this.#leftOut;
  }

  /** Adds a name; the returned function takes it away. */
  add(namespace: Namespace): () => void {
    this.onHeard();
    if (!hasPrefix(namespace, this.#prefix)) return NOTHING;
    const name = wholeNamespaceText(namespace);
    const count = this.#names.get(name) ?? 0;
    if (count === 0 && this.#names.size >= this.#max) {
      this.#leftOut++;
      return NOTHING;
    }
    this.#names.set(name, count + 1);
    if (count === 0) this.#tell({ kind: "announced", namespace: name });
    return () => this.#remove(name);
  }

  /** The names that are there, in order. */
  sorted(): string[] {
    return [...this.#names.keys()].sort();
  }

  /** Tells of what is there, and then of what comes and goes. */
  follow(tell: (event: NameEvent) => void): void {
    this.#tell = tell;
    for (const namespace of this.sorted()) tell({ kind: "announced", namespace });
  }

  #remove(name: string): void {
    const left = this.#names.get(name)! - 1;
    if (left > 0) return void this.#names.set(name, left);
    this.#names.delete(name);
    this.#tell({ kind: "withdrawn", namespace: name });
  }
}

const NOTHING = () => {};
