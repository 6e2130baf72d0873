import { type Change, relayOf, type RelaySnapshot, type Step } from "./model.ts";
import type { RegistryState } from "./state.ts";

/** Assigns revisions to changes and takes the snapshots that each step publishes. */
export class Steps {
  readonly #state: RegistryState;
  #revision: number;

  /** Continues after `revision`. */
  constructor(state: RegistryState, revision: number) {
    this.#state = state;
    this.#revision = revision;
  }

  /** The revision of the newest step. */
  get revision(): number {
    return this.#revision;
  }

  /** Makes one step of changes already applied to the state; `undefined` when there are none. */
  take(changes: readonly Change[]): Step | undefined {
    return changes.length === 0 ? undefined : this.next(withoutReturns(changes));
  }

  /** The next step, possibly without changes. */
  next(changes: readonly Change[]): Step {
    const revision = ++this.#revision;
    for (const change of changes) this.#stamp(change, revision);
    const relays = new Map<string, RelaySnapshot>();
    for (const change of changes) {
      const name = relayOf(change);
      if (name === undefined || relays.has(name)) continue;
      const snapshot = this.#state.snapshot(name);
      if (snapshot !== undefined) relays.set(name, snapshot);
    }
    return { revision, changes, relays };
  }

  #stamp(change: Change, revision: number): void {
    const entry = this.#state.relays.get(relayOf(change) ?? "");
    if (entry === undefined || change.kind === "flows") return;
    entry.touched = revision;
    if (change.kind === "relay" || change.kind === "drain") entry.modified = revision;
  }
}

/**
 * Removes the withdrawal of a track that is announced again in the same step: a relay that starts a
 * new life with its old tracks had them without interruption.
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
