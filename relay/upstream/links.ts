import type { Link } from "./link.ts";

/** The links of this relay, by the names of its neighbors. */
export class Links {
  readonly #create: (name: string) => Link;
  readonly #links = new Map<string, Link>();

  /** `create` makes a link to a neighbor of this name. */
  constructor(create: (name: string) => Link) {
    this.#create = create;
  }

  /** The link to a neighbor; started when there is none. */
  get(name: string): Link {
    let link = this.#links.get(name);
    if (link === undefined) this.#links.set(name, link = this.#create(name));
    return link;
  }

  /** The link to a neighbor, if there is one. */
  find(name: string): Link | undefined {
    return this.#links.get(name);
  }

  /** Every link, in the order in which they were started. */
  all(): Link[] {
    return [...this.#links.values()];
  }

  /** Closes all links but those to these neighbors. */
  async keepOnly(names: ReadonlySet<string>): Promise<void> {
    const gone = this.all().filter(({ name }) => !names.has(name));
    for (const { name } of gone) this.#links.delete(name);
    await Promise.all(gone.map((link) => link.close()));
  }

  /** Closes all links. */
  async close(): Promise<void> {
    await this.keepOnly(new Set());
  }
}
