import { done, type Outcome } from "@qumo/shared/runtime";
import {
  type Flow,
  MAX_ANNOUNCE_BYTES_PER_RELAY,
  MAX_ANNOUNCES_PER_RELAY,
  type Refusal,
} from "@qumo/shared/topology";
import { type AccessEntry, accessKey, accessText, mergeAccess } from "./access.ts";
import type { AccessBook, AccessCapacity } from "./access_book.ts";
import type { Capacity } from "./capacity.ts";
import { adopt, type Adoption } from "./adoption.ts";
import type { Command, Ready } from "./command.ts";
import { decide } from "./decide.ts";
import type { DecisionContext } from "./decision.ts";
import type { Directory } from "./directory.ts";
import {
  BEATS_PER_LEASE,
  MAX_ACCESS_LENGTH,
  MAX_ANNOUNCE_BYTES,
  MAX_ANNOUNCES,
  MAX_DELAYS,
  MAX_POLICIES,
  MAX_RELAYS,
  MAX_REVOCATIONS,
  MAX_REVOCATIONS_PER_KIND,
  MAX_STALLS,
} from "./limits.ts";
import type { Change, RelaySnapshot, RelayState, Step, Tombstone } from "./model.ts";
import { reconcile, type StoredRelay } from "./reconcile.ts";
import type { RelayEntry } from "./relay_entry.ts";
import { RegistryState } from "./state.ts";
import { Steps } from "./steps.ts";

/** Options of {@linkcode Registry}. */
export interface RegistryOptions
  extends Partial<Capacity>, Partial<AccessCapacity>, Omit<DecisionContext, "state" | "now"> {
  /** How long tombstones are kept, in milliseconds. */
  readonly tombstoneMs: number;
  /** The revision before the first change. */
  readonly revision: number;
  /** Whether a shared store, not the registry, ends leases. */
  readonly leasesEndInStore?: boolean;
}

/**
 * The state machine of relays and announced tracks, without a clock. Every method that depends on
 * time takes it in milliseconds on one monotonic scale. The caller expires what is due before any
 * other call.
 */
export class Registry {
  readonly #options: RegistryOptions;
  readonly #state: RegistryState;
  readonly #steps: Steps;
  #prolonged = 0;

  constructor(options: RegistryOptions) {
    const capacity = {
      maxRelays: MAX_RELAYS,
      maxAnnounces: MAX_ANNOUNCES,
      maxAnnouncesPerRelay: MAX_ANNOUNCES_PER_RELAY,
      maxAnnounceBytes: MAX_ANNOUNCE_BYTES,
      maxAnnounceBytesPerRelay: MAX_ANNOUNCE_BYTES_PER_RELAY,
      maxRevocations: MAX_REVOCATIONS,
      maxRevocationsPerKind: MAX_REVOCATIONS_PER_KIND,
      maxPolicies: MAX_POLICIES,
      maxAccessLength: MAX_ACCESS_LENGTH,
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

  /** Every living relay, unordered. */
  get relays(): ReadonlyMap<string, RelayEntry> {
    return this.#state.relays;
  }

  /** Every tombstone that has not expired. */
  get tombstones(): ReadonlyMap<string, Tombstone> {
    return this.#state.graveyard.tombstones;
  }

  /** How relays without a lease ended, kept longer than tombstones. */
  get knownEnds(): ReadonlyMap<string, Tombstone> {
    return this.#state.graveyard.known;
  }

  /** The directory of announces. */
  get directory(): Directory {
    return this.#state.directory;
  }

  /**
   * The tracks that relays receive from their neighbors, by relay; only of relays that send
   * heartbeats here.
   */
  get flows(): ReadonlyMap<string, readonly Flow[]> {
    return this.#state.flows.lists;
  }

  /** Revocations, and policies of tenants. */
  get access(): AccessBook {
    return this.#state.access;
  }

  /** When {@linkcode Registry.expire} is due next. */
  get nextDeadline(): number | undefined {
    const { leases, graveyard, flows } = this.#state;
    const next = earlier(leases.next, graveyard.next);
    return flows.size === 0 ? next : earlier(next, flows.next);
  }

  /** Leases that were prolonged because the controller itself was late. */
  get prolonged(): number {
    return this.#prolonged;
  }

  /** When a relay's lease ends; `undefined` for a relay without one. */
  leaseEnd(name: string): number | undefined {
    return this.#state.leases.at(name);
  }

  /** A living relay's current state. */
  snapshot(name: string): RelaySnapshot | undefined {
    return this.#state.snapshot(name);
  }

  /** A relay's state for replication; `undefined` for one that expired here. */
  state(name: string): RelayState | undefined {
    const entry = this.relays.get(name);
    if (entry !== undefined) return entry.state;
    const tombstone = this.tombstones.get(name);
    if (tombstone?.reason !== "deregistered") return undefined;
    return { name, life: tombstone.life, beat: tombstone.beat };
  }

  /** A relay's state and its remaining validity at `now`, for replication. */
  adoption(name: string, now: number): Adoption | undefined {
    const state = this.state(name);
    if (state === undefined) return undefined;
    const end = this.leaseEnd(name) ??
      (this.tombstones.get(name)?.endedAt ?? now) + this.#options.tombstoneMs;
    return { state, remaining: Math.max(0, end - now) };
  }

  /** Applies one command; its changes are one revision. */
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

  /** Applies states of relays that were merged with {@linkcode Registry.state}. */
  adopt(relays: readonly Adoption[], now: number): Step | undefined {
    const { leaseMs, tombstoneMs } = this.#options;
    const times = { now, leaseMs, tombstoneMs };
    return this.#steps.take(relays.flatMap((relay) => adopt(this.#state, relay, times)));
  }

  /** Applies the state of an authoritative store. */
  reconcile(given: StoredRelay, now: number): Step | undefined {
    const { leaseMs } = this.#options;
    return this.#steps.take(reconcile(this.#state, given, { now, leaseMs }));
  }

  /** Merges statements of another controller about access, at `wall` milliseconds since 1970. */
  adoptAccess(given: readonly AccessEntry[], wall: number): Step | undefined {
    const { access } = this;
    access.expire(wall);
    const changes: Change[] = [];
    for (const theirs of given) {
      if (theirs.until !== undefined && theirs.until <= wall) continue;
      const own = access.entries.get(accessKey(theirs));
      const entry = own === undefined ? theirs : mergeAccess(own, theirs);
      if (own !== undefined && accessText(own) === accessText(entry)) continue;
      access.set(entry);
      changes.push({ kind: "access", entry });
    }
    return this.#steps.take(changes);
  }

  /** Applies what an authoritative store has about access; `undefined` when it has nothing. */
  reconcileAccess(key: string, entry: AccessEntry | undefined): Step | undefined {
    const own = this.access.entries.get(key);
    if (entry === undefined) {
      if (own === undefined) return undefined;
      this.access.delete(key);
      const { rule: _, ...nothing } = own;
      return this.#steps.take([{ kind: "access", entry: nothing }]);
    }
    if (own !== undefined && accessText(own) === accessText(entry)) return undefined;
    this.access.set(entry);
    return this.#steps.take([{ kind: "access", entry }]);
  }

  /** A revision without changes, for a damped cost that took effect. */
  settle(): Step {
    return this.#steps.next([]);
  }

  /**
   * Starts from stored state. Each relay gets a full lease from `now`, since no heartbeat could
   * arrive while the controller was down.
   */
  restore(relays: readonly RelayState[], tombstones: readonly Tombstone[], now: number): void {
    const { leaseMs, tombstoneMs } = this.#options;
    const times = { now, leaseMs, tombstoneMs };
    for (const state of relays) adopt(this.#state, { state, remaining: leaseMs }, times);
    for (const entry of this.relays.values()) {
      entry.modified = entry.touched = this.revision;
      // The last heartbeat was before this start; its time is unknown.
      entry.heardAt = undefined;
    }
    for (const tombstone of tombstones) this.#state.graveyard.bury(tombstone);
  }

  /**
   * Ends the lives whose lease is over at `now`, and removes expired tombstones. A lease lasts longer
   * by as much as the caller was stalled while it ran, and while it is busy, up to a bound: heartbeats
   * waited to be read then.
   */
  expire(now: number, delays: Delays = NO_DELAYS): Step | undefined {
    const { leases, graveyard, flows } = this.#state;
    const { leasesEndInStore, leaseMs } = this.#options;
    this.#state.stalledMs = delays.totalMs;
    const changes: Change[] = [];
    for (;;) {
      const endMs = leases.next;
      const name = leases.take(now);
      if (endMs === undefined || name === undefined) break;
      const entry = this.relays.get(name);
      if (leasesEndInStore) leases.set(name, now + leaseMs);
      else if (entry === undefined) continue;
      else if (!this.#prolongs(entry, { now, endMs }, delays)) {
        changes.push(this.#state.endLife(entry, "expired", now));
      }
    }
    changes.push(...flows.expire(now));
    graveyard.expire(now);
    return this.#steps.take(changes);
  }

  #prolongs(
    entry: RelayEntry,
    { now, endMs }: { now: number; endMs: number },
    { totalMs, isBusy }: Delays,
  ): boolean {
    const { leaseMs } = this.#options;
    const owed = totalMs - entry.stalledMs - entry.delayMs;
    const end = Math.max(endMs + owed, isBusy ? now + leaseMs / BEATS_PER_LEASE : -Infinity);
    const most = owed > 0 ? MAX_STALLS : MAX_DELAYS;
    if (end <= now || entry.delayMs >= most * leaseMs) return false;
    entry.delayMs += end - endMs;
    this.#prolonged++;
    this.#state.leases.set(entry.record.name, end);
    return true;
  }
}

/** For how long whoever expires leases could not run. */
export interface Delays {
  /** Milliseconds in all, since its start. */
  readonly totalMs: number;
  /** Whether what was sent to it meanwhile may still be unread. */
  readonly isBusy: boolean;
}

const NO_DELAYS: Delays = { totalMs: 0, isBusy: false };

function earlier(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? a ?? b : Math.min(a, b);
}
