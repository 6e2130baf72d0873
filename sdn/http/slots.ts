/** So many places, and so many of them for one client. */
export class Slots {
  readonly #limit: number;
  readonly #perClient: number;
  readonly #byClient = new Map<string, number>();
  #taken = 0;

  constructor(limit: number, perClient: number) {
    this.#limit = limit;
    this.#perClient = perClient;
  }

  /** How many are taken. */
  get taken(): number {
    return this.#taken;
  }

  /** Whether there is one for this client. */
  hasRoom(client: string): boolean {
    return this.#taken < this.#limit && (this.#byClient.get(client) ?? 0) < this.#perClient;
  }

  /** Takes one; give it back once. */
  take(client: string): void {
    this.#taken++;
    this.#byClient.set(client, (this.#byClient.get(client) ?? 0) + 1);
  }

  /** Gives one back. */
  give(client: string): void {
    this.#taken--;
    const left = (this.#byClient.get(client) ?? 1) - 1;
    if (left > 0) this.#byClient.set(client, left);
    else this.#byClient.delete(client);
  }
}
