/** What a client is told of namespaces: each that comes or goes; undefined at the end. */
export interface NamespaceEvents {
  next(): Promise<{ readonly path: string; readonly active: boolean } | undefined>;
}

/** Which namespaces a client was told of, and who waits for one to come or go. It asks when somebody waits. */
export class NamespaceSet {
  readonly #ask: () => NamespaceEvents | Promise<NamespaceEvents>;
  readonly #present = new Set<string>();
  #following: Promise<void> | undefined;
  #changed = Promise.withResolvers<void>();

  constructor(ask: () => NamespaceEvents | Promise<NamespaceEvents>) {
    this.#ask = ask;
  }

  /** Resolves when the namespace is there, or when it is not. */
  async until(path: string, present: boolean): Promise<void> {
    if (this.#following === undefined) {
      this.#following = this.#follow();
      this.#following.catch(() => {});
    }
    while (this.#present.has(path) !== present) {
      await Promise.race([this.#changed.promise, this.#following]);
    }
  }

  /** Never resolves: rejects when nothing more will be told. */
  async #follow(): Promise<never> {
    const events = await this.#ask();
    for (;;) {
      const event = await events.next();
      if (event === undefined) throw new Error("The announcements ended");
      if (event.active) this.#present.add(event.path);
      else this.#present.delete(event.path);
      this.#changed.resolve();
      this.#changed = Promise.withResolvers();
    }
  }
}
