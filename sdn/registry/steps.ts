import { type Change, relayOf, type RelaySnapshot, type Step } from "./model.ts";
import type { RegistryState } from "./state.ts";

/** Numbers what changed, one revision after the other, and says of each what it leaves behind. */
export class Steps {
  readonly #state: RegistryState;
  #revision: number;

  /** Goes on after `revision`. */
  constructor(state: RegistryState, revision: number) {
    this.#state = state;
    this.#revision = revision;
  }

  /** The revision of the newest step. */
  get revision(): number {
    return this.#revision;
  }

  /** Makes changes that the state has already one step; none of no changes. */
  take(changes: readonly Change[]): Step | undefined {
    return changes.length === 0 ? undefined : this.next(withoutReturns(changes));
  }

  /** The next step, of whatever changes. */
  next(changes: readonly Change[]): Step {
    const revision = ++this.#revision;
    for (const change of changes) this.#stamp(change, revision);
    const relays = new Map<string, RelaySnapshot>();
    for (const change of changes) {
      const name = relayOf(change);
      const snapshot = relays.has(name) ? undefined : this.#state.snapshot(name);
      if (snapshot !== undefined) relays.set(name, snapshot);
    }
    return { revision, changes, relays };
  }

  #stamp(change: Change, revision: number): void {
    const entry = this.#state.relays.get(relayOf(change));
    if (entry === undefined || change.kind === "flows") return;
    entry.touched = revision;
    if (change.kind === "relay" || change.kind === "drain") entry.modified = revision;
  }
}

/**
 * Leaves out that a track was withdrawn which is announced in the same step: a relay that begins a new
 * life with the tracks of its old one has had them all the time, for everybody who looks.
 */
function withoutReturns(changes: readonly Change[]): readonly Change[] {
  const announced = new Set<string>();
  const key = (relay: string, track: string) => JSON.stringify([relay, track]);
  for (const change of changes) {
    if (change.kind === "announce") {
      announced.add(key(change.announce.relay, change.announce.track));
    }
  }
  const returned = new Set<string>();
  if (announced.size === 0) return changes;
  const left = changes.filter((change) => {
    if (change.kind !== "withdraw") return true;
    const id = key(change.relay, change.track);
    if (announced.has(id)) returned.add(id);
    return !announced.has(id);
  });
  if (returned.size === 0) return changes;
  return left.map((change) =>
    change.kind === "announce" && returned.has(key(change.announce.relay, change.announce.track))
      ? { ...change, isKnown: true as const }
      : change
  );
}
