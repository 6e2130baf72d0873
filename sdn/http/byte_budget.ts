/** A memory budget for request bodies in progress, in all and per client. */
export class ByteBudget {
  readonly #limit: number;
  readonly #perClient: number;
  readonly #byClient = new Map<string, number>();
  #used = 0;

  constructor(limit: number, perClient: number) {
    this.#limit = limit;
    this.#perClient = perClient;
  }

  /** Bytes in use. */
  get used(): number {
    return this.#used;
  }

  /** Opens an account for one request of a client. */
  open(client: string): ByteAccount {
    let held = 0;
    return {
      get held() {
        return held;
      },
      take: (bytes) => {
        const own = this.#byClient.get(client) ?? 0;
        // A single request of a client is limited by its own maximum only.
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

/** The bytes that one request holds of a {@linkcode ByteBudget}. */
export interface ByteAccount {
  /** Bytes held now. */
  readonly held: number;
  /** Reserves more; false when the budget is used up. */
  take(bytes: number): boolean;
  /** Releases everything. */
  close(): void;
}
