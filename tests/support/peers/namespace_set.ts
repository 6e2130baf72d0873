/** Which namespaces are there, and who waits for one to come or go. */
export class NamespaceSet {
  readonly #present = new Set<string>();
  #changed = Promise.withResolvers<void>();
  #ended: string | undefined;

  /** Takes note of all that a client is told, until that ends. */
  async follow(
    next: () => Promise<{ readonly path: string; readonly active: boolean } | undefined>,
  ): Promise<void> {
    try {
      for (let event = await next(); event !== undefined; event = await next()) {
        this.#set(event.path, event.active);
      }
      this.#end("the announcements ended");
    } catch (error) {
      this.#end(String(error));
    }
  }

  #set(path: string, present: boolean): void {
    if (present) this.#present.add(path);
    else this.#present.delete(path);
    this.#wake();
  }

  /** Nothing more will be told; whoever waits is told why. */
  #end(reason: string): void {
    this.#ended = reason;
    this.#wake();
  }

  /** Resolves when the namespace is there, or when it is not. */
  async until(path: string, present: boolean): Promise<void> {
    while (this.#present.has(path) !== present) {
      if (this.#ended !== undefined) throw new Error(`Not told of ${path}: ${this.#ended}`);
      await this.#changed.promise;
    }
  }

  #wake(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}
