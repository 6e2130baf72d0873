import type { MirroredRelay } from "../../../relay/control_plane/mod.ts";
import { type Costs, nextHops } from "./graph.ts";
import type { Snapshot } from "./mirror.ts";

/** What a relay tells the controller. */
export interface Report {
  readonly address: string;
  /** Whether each link is up, by the neighbor's name. */
  readonly links: ReadonlyMap<string, boolean>;
  readonly announces: ReadonlySet<string>;
}

/** A controller that knows what it is told, and tells every relay when it knows something else. */
export class ScriptedController {
  readonly #costs = new Map<string, Map<string, number>>();
  readonly #reports = new Map<string, Report>();
  readonly #tell: () => void;
  #revision = 0;
  #answers = true;

  /** `tell` is called when there is something that relays should be told. */
  constructor(tell: () => void) {
    this.#tell = tell;
  }

  /** Whether it answers: while it does not, relays know what they knew. */
  get answers(): boolean {
    return this.#answers;
  }

  /** What a link costs in both directions from now on. */
  setCost(a: string, b: string, cost: number): void {
    for (const [from, to] of [[a, b], [b, a]] as const) {
      const links = this.#costs.get(from) ?? new Map();
      this.#costs.set(from, links.set(to, cost));
    }
    this.#changed();
  }

  /** Those that a relay has a link to. */
  neighborsOf(name: string): string[] {
    return [...this.#costs.get(name)?.keys() ?? []];
  }

  /** A relay says how it is. */
  receive(name: string, report: Report): void {
    if (!this.#answers) return;
    this.#reports.set(name, report);
    this.#changed();
  }

  /** A relay has said nothing for too long. */
  expire(name: string): void {
    if (this.#answers && this.#reports.delete(name)) this.#changed();
  }

  /** It is gone, and all that it knew with it. */
  stop(): void {
    this.#answers = false;
    this.#reports.clear();
  }

  /** It is back; it knows what these relays say at once. */
  start(reports: Iterable<[string, Report]>): void {
    this.#answers = true;
    for (const [name, report] of reports) this.#reports.set(name, report);
    this.#changed();
  }

  /** What one relay is told now. */
  snapshotFor(name: string): Snapshot {
    const relays = [...this.#reports].map(([relay, { address }]): [string, MirroredRelay] => [
      relay,
      { name: relay, region: "", address, certificateSha256: undefined, state: "alive" },
    ]);
    return {
      revision: this.#revision,
      relays: new Map(relays),
      announces: new Map([...this.#reports].map(([relay, { announces }]) => [relay, announces])),
      nextHops: nextHops(this.#usable(), name),
    };
  }

  /** The links that can be used: neither end says that they are down. */
  #usable(): Costs {
    const isUp = (from: string, to: string) => this.#reports.get(from)?.links.get(to) ?? true;
    return new Map([...this.#reports.keys()].map((from) => {
      const links = [...this.#costs.get(from) ?? []].filter(([to]) =>
        this.#reports.has(to) && isUp(from, to) && isUp(to, from)
      );
      return [from, new Map(links)];
    }));
  }

  #changed(): void {
    this.#revision++;
    if (this.#answers) this.#tell();
  }
}
