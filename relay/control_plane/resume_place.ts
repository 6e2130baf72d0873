/** Where the next event stream can go on instead of beginning with a snapshot. */
export class ResumePlace {
  // Revisions of one controller mean nothing to another.
  #known: { readonly url: string; revision: number } | undefined;

  /** The revision after which a stream of the controller at `url` goes on; undefined: a snapshot. */
  since(url: string): number | undefined {
    return this.#known?.url === url ? this.#known.revision : undefined;
  }

  /** The controller at `url` has told everything up to this revision. */
  reached(url: string, revision: number): void {
    this.#known = { url, revision };
  }

  /**
   * An event of this revision came after a snapshot. Several may share a revision, so it is complete
   * only when the next one starts.
   */
  passed(revision: number): void {
    if (this.#known === undefined) return;
    this.#known.revision = Math.max(this.#known.revision, revision - 1);
  }

  /** The next stream begins with a snapshot. */
  forget(): void {
    this.#known = undefined;
  }
}
