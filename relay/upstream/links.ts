import type { Link } from "./link.ts";

/** The links of this relay, by the names of its neighbors. */
export class Links {
  readonly #create: (name: string) => Link;
  readonly #links = new Map<string, Link>();

  /** `create` makes a link to a neighbor of this name. */
  constructor(create: (name: string) => Link) {
    this.#create = create;
  }

  /** The link to a neighbor; begun when there is none, since somebody wants to send over it. */
  get(name: string): Link {
    let link = this.#links.get(name);
    if (link === undefined) this.#links.set(name, link = this.#create(name));
    return link;
  }

  /** The link to a neighbor, if there is one. */
  find(name: string): Link | undefined {
    return this.#links.get(name);
  }

  /** Every link, in the order in which they began. */
  all(): Link[] {
    return [...this.#links.values()];
  }

  /** Ends all but these. */
  async keepOnly(names: ReadonlySet<string>): Promise<void> {
    const gone = this.all().filter(({ name }) => !names.has(name));
    for (const { name } of gone) this.#links.delete(name);
    await Promise.all(gone.map((link) => link.close()));
  }

  /** Ends them all. */
  async close(): Promise<void> {
    await this.keepOnly(new Set());
  }
}
