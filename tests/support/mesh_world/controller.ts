import { isDeepStrictEqual } from "node:util";
import type { Mirror } from "../../../relay/control_plane/mirror.ts";
import type { MirroredRelay, NextHopLine } from "../../../relay/control_plane/mod.ts";
import { Graph, type GraphRelay, nextHops } from "../../../sdn/graph/mod.ts";

/** What a relay tells the controller. */
export interface Report {
  readonly address: string;
  /** Whether each link is up, by the neighbor's name. */
  readonly links: ReadonlyMap<string, boolean>;
  readonly announces: ReadonlySet<string>;
}

/** What a controller knows at one moment, as one relay is told it. */
export interface Snapshot {
  readonly revision: number;
  readonly relays: readonly MirroredRelay[];
  readonly announces: ReadonlyMap<string, ReadonlySet<string>>;
  readonly nextHops: ReadonlyMap<string, NextHopLine>;
}

/** Tells a mirror what is different, or everything where it follows nobody. What is older it is not told. */
export function tell(mirror: Mirror, { revision, relays, announces, nextHops }: Snapshot): void {
  if (revision <= mirror.revision) return;
  const isFirst = !mirror.isFollowed;
  if (isFirst) mirror.begin("snapshot");
  const names = new Set(relays.map(({ name }) => name));
  const former = [...mirror.names()];
  for (const relay of former) if (!names.has(relay)) mirror.apply({ kind: "gone", relay });
  mirror.apply({ kind: "graph", relays }, revision);
  for (const announce of [...mirror.announces()]) {
    if (announces.get(announce.relay)?.has(announce.text)) continue;
    mirror.apply({ kind: "withdraw", announce });
  }
  for (const [relay, texts] of announces) {
    mirror.apply({ kind: "announces", entries: Array.from(texts, (text) => ({ relay, text })) });
  }
  const lines = [...nextHops].filter(([target, line]) =>
    isFirst || !isDeepStrictEqual(mirror.nextHop(target), line)
  );
  const removed = former.filter((name) => !nextHops.has(name) && mirror.nextHop(name));
  if (lines.length + removed.length > 0) mirror.apply({ kind: "routes", lines, removed });
  if (isFirst) mirror.apply({ kind: "ready", revision });
  mirror.settle();
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
    const revision = this.#revision;
    const graph = new Graph([...this.#reports].map(([name, report]) => this.#relay(name, report)), {
      revision,
      policy: { kind: "static" },
      oneWayLinks: true,
      now: 0,
    });
    const lines = nextHops(graph, name) ?? [];
    return {
      revision,
      relays: [...this.#reports].map(([name, { address }]) => {
        return { name, region: "", address, certificateSha256: undefined, state: "alive" };
      }),
      announces: new Map([...this.#reports].map(([relay, { announces }]) => [relay, announces])),
      nextHops: new Map(lines.map(({ target, nextHop, alternate, steps: cost }) => {
        return [target, { nextHop, alternate, cost }];
      })),
    };
  }

  /** A relay with its links to those that have said something. */
  #relay(name: string, { address, links }: Report): GraphRelay {
    const known = [...this.#costs.get(name) ?? []].filter(([to]) => this.#reports.has(to));
    const own = known.map(([to, cost]) => [to, { cost, up: links.get(to) ?? true }] as const);
    return { name, region: "", address, draining: false, links: new Map(own) };
  }

  #changed(): void {
    this.#revision++;
    if (this.#answers) this.#tell();
  }
}
