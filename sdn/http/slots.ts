/** A number of slots, limited in all and per client. */
export class Slots {
  readonly #limit: number;
  readonly #perClient: number;
  readonly #byClient = new Map<string, number>();
  #taken = 0;
  #holders = 0;

  constructor(limit: number, perClient: number) {
    this.#limit = limit;
    this.#perClient = perClient;
  }

  /** Clients that hold slots now. */
  get holders(): number {
    return this.#holders;
  }

  /** Whether this many slots are free for the client. */
  hasFree(client: string, places: number): boolean {
    const own = this.#byClient.get(client) ?? 0;
    return this.#taken + places <= this.#limit && own + places <= this.#perClient;
  }

  /** Takes slots; {@linkcode Slots.give} returns them once. */
  take(client: string, places: number): void {
    this.#holders++;
    this.#taken += places;
    this.#byClient.set(client, (this.#byClient.get(client) ?? 0) + places);
  }

  /** Returns slots. */
  give(client: string, places: number): void {
    this.#holders--;
    this.#taken -= places;
    const left = (this.#byClient.get(client) ?? places) - places;
    if (left > 0) this.#byClient.set(client, left);
    else this.#byClient.delete(client);
  }
}
