import { done, type Outcome } from "@qumo/shared/runtime";
import {
  type Flow,
  MAX_ANNOUNCE_BYTES_PER_RELAY,
  MAX_ANNOUNCES_PER_RELAY,
  type Refusal,
} from "@qumo/shared/topology";
import type { Capacity } from "./admission.ts";
import { adopt, type Adoption } from "./adoption.ts";
import type { Command, Ready } from "./command.ts";
import { decide } from "./decide.ts";
import type { DecisionContext } from "./decision.ts";
import type { Directory } from "./directory.ts";
import { MAX_ANNOUNCE_BYTES, MAX_ANNOUNCES, MAX_RELAYS } from "./limits.ts";
import type { Change, RelaySnapshot, RelayState, Step, Tombstone } from "./model.ts";
import { reconcile, type StoredRelay } from "./reconcile.ts";
import type { RelayEntry } from "./relay_entry.ts";
import { RegistryState } from "./state.ts";
import { Steps } from "./steps.ts";

/** What a registry is told at its start. */
export interface RegistryOptions extends Partial<Capacity>, Omit<DecisionContext, "state" | "now"> {
  /** How long the end of a relay is remembered, in milliseconds. */
  readonly tombstoneMs: number;
  /** The revision before the first change. */
  readonly revision: number;
  /** Whether leases end elsewhere, and are only told of here: in a store that is shared. */
  readonly leasesEndElsewhere?: boolean;
}

/**
 * Who the relays are and who has which track: a state machine without a clock. Every call that
 * depends on time takes it as an argument, on one scale of milliseconds that never goes back. Whoever
 * calls it expires first what is due by then.
 */
export class Registry {
  readonly #options: RegistryOptions;
  readonly #state: RegistryState;
  readonly #steps: Steps;

  constructor(options: RegistryOptions) {
    const capacity = {
      maxRelays: MAX_RELAYS,
      maxAnnounces: MAX_ANNOUNCES,
      maxAnnouncesPerRelay: MAX_ANNOUNCES_PER_RELAY,
      maxAnnounceBytes: MAX_ANNOUNCE_BYTES,
      maxAnnounceBytesPerRelay: MAX_ANNOUNCE_BYTES_PER_RELAY,
      ...options,
    };
    this.#options = options;
    this.#state = new RegistryState(capacity, options.tombstoneMs);
    this.#steps = new Steps(this.#state, options.revision);
  }

  /** The revision of the newest change. */
  get revision(): number {
    return this.#steps.revision;
  }

  /** Every relay that lives, in no particular order. */
  get relays(): ReadonlyMap<string, RelayEntry> {
    return this.#state.relays;
  }

  /** Every end of a relay that is still remembered. */
  get tombstones(): ReadonlyMap<string, Tombstone> {
    return this.#state.graveyard.tombstones;
  }

  /** How relays that do not live ended, for longer than what they said is held against them. */
  get knownEnds(): ReadonlyMap<string, Tombstone> {
    return this.#state.graveyard.known;
  }

  /** Who has which track. */
  get directory(): Directory {
    return this.#state.directory;
  }

  /** Which tracks relays take from their neighbors now, by relay; of those that beat here. */
  get flows(): ReadonlyMap<string, readonly Flow[]> {
    return this.#state.flows.lists;
  }

  /** When {@linkcode Registry.expire} has something to do next. */
  get nextDeadline(): number | undefined {
    const { leases, graveyard, flows } = this.#state;
    const next = earlier(leases.next, graveyard.next);
    return flows.size === 0 ? next : earlier(next, flows.next);
  }

  /** When the relay's lease ends, or `undefined` when it does not live. */
  leaseEnd(name: string): number | undefined {
    return this.#state.leases.at(name);
  }

  /** A relay that lives as it is now. */
  snapshot(name: string): RelaySnapshot | undefined {
    return this.#state.snapshot(name);
  }

  /** What is known of a relay, for other controllers; nothing of one that merely expired here. */
  state(name: string): RelayState | undefined {
    const entry = this.relays.get(name);
    if (entry !== undefined) return entry.state;
    const tombstone = this.tombstones.get(name);
    if (tombstone?.reason !== "deregistered") return undefined;
    return { name, life: tombstone.life, beat: tombstone.beat };
  }

  /** The registry's knowledge of a relay and how long it holds from `now` on, for other controllers. */
  adoption(name: string, now: number): Adoption | undefined {
    const state = this.state(name);
    if (state === undefined) return undefined;
    const end = this.leaseEnd(name) ??
      (this.tombstones.get(name)?.endedAt ?? now) + this.#options.tombstoneMs;
    return { state, remaining: Math.max(0, end - now) };
  }

  /** Takes one command; what it changed is one step of the revision. */
  apply(command: Command, now: number): Outcome<Ready, Refusal> {
    const { controller, leaseMs, smoothing } = this.#options;
    const context = { state: this.#state, now, controller, leaseMs, smoothing };
    const decision = decide(command, context);
    if (!decision.ok) return decision;
    const { changes, renews, ...answer } = decision.value;
    const step = this.#steps.take(changes);
    return done({
      ...(step !== undefined && { step }),
      ...(renews !== undefined && { renews }),
      answer: { ...answer, hasChanged: step !== undefined },
    });
  }

  /**
   * Takes over what is now known of relays, each already merged with the registry's own
   * {@linkcode Registry.state} of it.
   */
  adopt(relays: readonly Adoption[], now: number): Step | undefined {
    const { leaseMs, tombstoneMs } = this.#options;
    const times = { now, leaseMs, tombstoneMs };
    return this.#steps.take(relays.flatMap((relay) => adopt(this.#state, relay, times)));
  }

  /** Lets a relay be what a store that has the last word says of it. */
  reconcile(given: StoredRelay, now: number): Step | undefined {
    const { leaseMs } = this.#options;
    return this.#steps.take(reconcile(this.#state, given, { now, leaseMs }));
  }

  /** A step of the revision for what changed although nobody reported anything: a cost that settled. */
  settle(): Step {
    return this.#steps.next([]);
  }

  /**
   * Begins with what a store has kept. Each relay has a whole lease from `now` on: how much of the
   * old one passed while nobody listened says nothing about the relay.
   */
  restore(relays: readonly RelayState[], tombstones: readonly Tombstone[], now: number): void {
    const { leaseMs, tombstoneMs } = this.#options;
    const times = { now, leaseMs, tombstoneMs };
    for (const state of relays) adopt(this.#state, { state, remaining: leaseMs }, times);
    for (const entry of this.relays.values()) {
      entry.modified = entry.touched = this.revision;
      // Whenever that was, it was before this start.
      entry.heardAt = undefined;
    }
    for (const tombstone of tombstones) this.#state.graveyard.bury(tombstone);
  }

  /** Ends the lives whose lease is over at `now`, and forgets ends that are long past. */
  expire(now: number): Step | undefined {
    const { leases, graveyard, flows } = this.#state;
    const { leasesEndElsewhere, leaseMs } = this.#options;
    const changes: Change[] = [];
    for (let name = leases.take(now); name !== undefined; name = leases.take(now)) {
      const entry = this.relays.get(name);
      if (leasesEndElsewhere) leases.set(name, now + leaseMs);
      else if (entry !== undefined) changes.push(this.#state.endLife(entry, "expired", now));
    }
    changes.push(...flows.expire(now));
    graveyard.expire(now);
    return this.#steps.take(changes);
  }
}

function earlier(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? a ?? b : Math.min(a, b);
}
