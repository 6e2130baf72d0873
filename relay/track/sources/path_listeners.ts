/** Notified of changes of a track's path. Calls are synchronous and must not throw. */
export interface PathListener {
  /** The path may have changed. */
  changed(): void;
  /** The path is lost, and another one was not found at once. */
  broken(): void;
}

/** The listeners of one track's path. */
export class PathListeners {
  readonly #listeners = new Set<PathListener>();

  /** Adds a listener; the returned function removes it. */
  add(listener: PathListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  changed(): void {
    for (const { changed } of [...this.#listeners]) changed();
  }

  broken(): void {
    for (const { broken } of [...this.#listeners]) broken();
  }
}
