/** Bytes of request bodies that are being worked on: so many in all, and so many for one client. */
export class ByteBudget {
  readonly #limit: number;
  readonly #perClient: number;
  readonly #byClient = new Map<string, number>();
  #used = 0;

  constructor(limit: number, perClient: number) {
    this.#limit = limit;
    this.#perClient = perClient;
  }

  /** How many are in use. */
  get used(): number {
    return this.#used;
  }

  /** An account for one request of a client. */
  open(client: string): ByteAccount {
    let held = 0;
    return {
      get held() {
        return held;
      },
      take: (bytes) => {
        const own = this.#byClient.get(client) ?? 0;
        // One request alone may be as large as it likes, within its own limit.
        const isAlone = own === 0 || own === held;
        if (this.#used + bytes > this.#limit || (!isAlone && own + bytes > this.#perClient)) {
          return false;
        }
        held += bytes;
        this.#used += bytes;
        this.#byClient.set(client, own + bytes);
        return true;
      },
      close: () => {
        this.#used -= held;
        const left = (this.#byClient.get(client) ?? 0) - held;
        if (left > 0) this.#byClient.set(client, left);
        else this.#byClient.delete(client);
        held = 0;
      },
    };
  }
}

/** What one request has taken of a {@linkcode ByteBudget}. */
export interface ByteAccount {
  /** What it has taken. */
  readonly held: number;
  /** Takes more; false when there is no room. */
  take(bytes: number): boolean;
  /** Gives everything back. */
  close(): void;
}
