import type { Flow } from "@qumo/shared/topology";
import { DeadlineHeap } from "./deadline_heap.ts";
import type { Change } from "./model.ts";

/**
 * The tracks that each relay receives from its neighbors now. A relay's list is valid while it
 * sends heartbeats to this controller; another controller gets the list of its own relays.
 */
export class FlowTable {
  readonly #lists = new Map<string, readonly Flow[]>();
  readonly #ends = new DeadlineHeap();
  readonly #limit: number;
  #size = 0;

  /** Holds up to `limit` flows of all relays together. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The non-empty lists, by relay. */
  get lists(): ReadonlyMap<string, readonly Flow[]> {
    return this.#lists;
  }

  /** The number of flows. */
  get size(): number {
    return this.#size;
  }

  /** When the next list expires. */
  get next(): number | undefined {
    return this.#ends.next;
  }

  /**
   * Renews a relay's list until `until`, replacing it when the heartbeat has a new one. A list that
   * exceeds the limit is taken as empty: monitoring data must not cost a relay its registration.
   */
  beat(relay: string, flows: readonly Flow[] | undefined, until: number): Change[] {
    const changes = flows === undefined ? [] : this.#set(relay, flows);
    if (this.#lists.has(relay)) this.#ends.set(relay, until);
    return changes;
  }

  /** Removes a relay's list. */
  clear(relay: string): Change[] {
    return this.#set(relay, []);
  }

  /** Removes the lists that expired by `now`. */
  expire(now: number): Change[] {
    const changes: Change[] = [];
    for (let relay = this.#ends.take(now); relay !== undefined; relay = this.#ends.take(now)) {
      changes.push(...this.clear(relay));
    }
    return changes;
  }

  #set(relay: string, given: readonly Flow[]): Change[] {
    const before = this.#lists.get(relay) ?? [];
    const fits = this.#size - before.length + given.length <= this.#limit;
    const flows = fits ? given : [];
    if (sameFlows(before, flows)) return [];
    this.#size += flows.length - before.length;
    if (flows.length > 0) this.#lists.set(relay, flows);
    else {
      this.#lists.delete(relay);
      this.#ends.delete(relay);
    }
    return [{ kind: "flows", relay, flows }];
  }
}

/** Whether two lists have the same flows in any order. */
function sameFlows(a: readonly Flow[], b: readonly Flow[]): boolean {
  if (a.length !== b.length) return false;
  if (a.every((flow, place) => keyOf(flow) === keyOf(b[place] as Flow))) return true;
  const keys = new Set(a.map(keyOf));
  return new Set(b.map(keyOf)).symmetricDifference(keys).size === 0;
}

function keyOf({ track, next_hop, source }: Flow): string {
  return JSON.stringify([track, next_hop, source]);
}
