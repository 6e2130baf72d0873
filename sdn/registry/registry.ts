import { done, type Outcome, refused } from "@qumo/shared/runtime";
import {
  type Flow,
  MAX_ANNOUNCE_BYTES_PER_RELAY,
  MAX_ANNOUNCES_PER_RELAY,
  type Refusal,
  refusal,
  type RefusalCode,
  type Registration,
} from "@qumo/shared/topology";
import { type Capacity, countTexts, mismatch } from "./admission.ts";
import { adopt, type Adoption } from "./adoption.ts";
import type { Applied, Command, Match } from "./command.ts";
import type { Directory } from "./directory.ts";
import { type LastWord, type Place, placeHeartbeat } from "./fencing.ts";
import { MAX_ANNOUNCE_BYTES, MAX_ANNOUNCES, MAX_RELAYS } from "./limits.ts";
import {
  type Batch,
  type Change,
  compareLives,
  type EndReason,
  relayOf,
  type RelayState,
  type Tombstone,
} from "./model.ts";
import { reconcile, type StoredRelay } from "./reconcile.ts";
import { beatenRecord, blankRecord, type RelayEntry } from "./relay_entry.ts";
import { RegistryState } from "./state.ts";

/** What a registry is told at its start. */
export interface RegistryOptions extends Partial<Capacity> {
  /** The controller's name, unlike every other controller's: it marks the versions minted here. */
  readonly controller: string;
  /** How long a relay lives after its last heartbeat, in milliseconds. */
  readonly leaseMs: number;
  /** How long the end of a relay is remembered, in milliseconds. */
  readonly tombstoneMs: number;
  /** The share of a new round-trip time or loss sample in its smoothed value, above 0 and up to 1. */
  readonly smoothing: number;
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
  #revision: number;

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
    this.#revision = options.revision;
  }

  /** The revision of the newest change. */
  get revision(): number {
    return this.#revision;
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
  apply(command: Command, now: number): Outcome<Applied, Refusal> {
    switch (command.kind) {
      case "register":
        return this.#register(command, now);
      case "deregister":
        return this.#deregister(command.name, { now, match: command.match });
      case "drain":
        return this.#drain(command.name, command.on);
      case "announce":
        return this.#announce(command.relay, command.track, now);
      case "withdraw":
        return this.#withdraw(command.relay, command.track);
      default:
        return command satisfies never;
    }
  }

  /**
   * Takes over what is now known of relays, each already merged with the registry's own
   * {@linkcode Registry.state} of it.
   */
  adopt(relays: readonly Adoption[], now: number): Batch | undefined {
    const { leaseMs, tombstoneMs } = this.#options;
    const times = { now, leaseMs, tombstoneMs };
    return this.#commit(relays.flatMap((relay) => adopt(this.#state, relay, times)));
  }

  /** Lets a relay be what a store that has the last word says of it. */
  reconcile(given: StoredRelay, now: number): Batch | undefined {
    const { leaseMs } = this.#options;
    return this.#commit(reconcile(this.#state, given, { now, leaseMs }));
  }

  /** A step of the revision for what changed although nobody reported anything: a cost that settled. */
  step(): Batch {
    return { revision: ++this.#revision, changes: [] };
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
      entry.modified = entry.touched = this.#revision;
      // Whenever that was, it was before this start.
      entry.heardAt = undefined;
    }
    for (const tombstone of tombstones) this.#state.graveyard.bury(tombstone);
  }

  /** Ends the lives whose lease is over at `now`, and forgets ends that are long past. */
  expire(now: number): Batch | undefined {
    const { leases, graveyard, flows } = this.#state;
    const { leasesEndElsewhere, leaseMs } = this.#options;
    const changes: Change[] = [];
    for (let name = leases.take(now); name !== undefined; name = leases.take(now)) {
      const entry = this.relays.get(name);
      if (leasesEndElsewhere) leases.set(name, now + leaseMs);
      else if (entry !== undefined) changes.push(this.#end(entry, "expired", now));
    }
    changes.push(...flows.expire(now));
    graveyard.expire(now);
    return this.#commit(changes);
  }

  #register(
    { name, body, match, wall }: Extract<Command, { kind: "register" }>,
    now: number,
  ): Outcome<Applied, Refusal> {
    const entry = this.relays.get(name);
    const stale = mismatch(entry, match);
    if (stale !== undefined) return refused(stale);
    const place = this.#place(name, body, wall);
    if (!place.ok) return place;
    const { version, isRepeated } = place.value;
    const living = entry !== undefined && compareLives(entry.record.version, version) === 0
      ? entry
      : undefined;
    const base = living?.record ?? blankRecord(name, place.value);
    const { record, measured } = living?.hasHeard(body) ? living : beatenRecord(base, body, {
      measured: living?.measured ?? new Map(),
      version,
      weight: isRepeated ? 0 : this.#options.smoothing,
    });
    if (isRepeated && record !== base) {
      return no("stale_sequence", `${name} already sent ${version.seq}, and it was not this`);
    }
    // What was announced for a relay before it registered is not taken back because it does.
    const kept = living ?? (entry?.record.registered === false ? entry : undefined);
    const crowded = this.#state.crowded(
      entry,
      body.announces ? countTexts(body.announces) : kept?.announced ?? NOTHING,
    );
    if (crowded !== undefined) return refused(crowded);

    const leaseEnd = now + this.#options.leaseMs;
    const begun = living === undefined ? this.#state.begin(record, leaseEnd) : undefined;
    const changes = begun?.changes ?? [];
    const alive = living ?? begun?.entry as RelayEntry;
    this.#state.leases.set(name, leaseEnd);
    alive.heardAt = now;
    alive.beat = version.seq;
    if (!isRepeated) {
      alive.measured = measured;
      if (record !== alive.record) changes.push({ kind: "relay", record: alive.record = record });
      alive.hear(body);
      const announces = body.announces ?? (begun && kept && [...kept.announces.keys()]);
      if (announces) changes.push(...this.#replaceAnnounces(alive, announces, now));
    }
    changes.push(...this.#state.flows.beat(name, body.flows, leaseEnd));
    const expected = body.announces_digest;
    const differs = expected !== undefined && alive.digest !== expected;
    return done({ ...this.#applied(changes), ...(differs && { resendAnnounces: true }) });
  }

  #place(name: string, body: Registration, wall?: number): Outcome<Place, Refusal> {
    const { controller } = this.#options;
    return placeHeartbeat(name, body, { last: this.#lastWord(name), controller, wall });
  }

  #lastWord(name: string): LastWord | undefined {
    const entry = this.relays.get(name);
    if (entry !== undefined) {
      const { version: life, ownEpoch = life.epoch } = entry.record;
      return { life, ownEpoch, beat: entry.beat };
    }
    const tombstone = this.tombstones.get(name);
    if (tombstone === undefined) return undefined;
    const { life, ownEpoch = life.epoch, beat, reason: end } = tombstone;
    return { life, ownEpoch, beat, end };
  }

  #deregister(
    name: string,
    { now, match }: { now: number; match: Match | undefined },
  ): Outcome<Applied, Refusal> {
    const entry = this.relays.get(name);
    const stale = mismatch(entry, match);
    if (stale !== undefined) return refused(stale);
    if (entry === undefined) return noRelay(name);
    return done(this.#applied([this.#end(entry, "deregistered", now)]));
  }

  #drain(name: string, on: boolean): Outcome<Applied, Refusal> {
    const entry = this.relays.get(name);
    if (entry === undefined) return noRelay(name);
    if ((entry.drain?.on ?? false) === on) return done({});
    const order = { version: entry.mint(entry.drain?.version, this.#options.controller), on };
    entry.drain = order;
    return done(this.#applied([{ kind: "drain", relay: name, order }]));
  }

  #announce(relay: string, track: string, now: number): Outcome<Applied, Refusal> {
    const by = this.#options.controller;
    const known = this.relays.get(relay);
    const isNew = !known?.announces.has(track);
    const { count, bytes } = known?.announced ?? NOTHING;
    const own = { count: count + 1, bytes: bytes + track.length };
    const crowded = isNew && this.#state.crowded(known, own);
    if (crowded) return refused(crowded);
    const leaseEnd = now + this.#options.leaseMs;
    if (known !== undefined) {
      // An announce is the only sign of life of a relay that never registered.
      if (!known.record.registered) {
        this.#state.leases.set(relay, leaseEnd);
        known.heardAt = now;
      }
      const changes = isNew ? [this.#state.announce(known, track, { now, by })] : [];
      return done(this.#applied(changes));
    }
    // A relay that numbers its lives registers itself; one that never does is known by its tracks.
    if ((this.tombstones.get(relay)?.life.epoch ?? 0) > 0) return noRelay(relay);
    const place = this.#place(relay, {});
    if (!place.ok) return place;
    const { entry, changes } = this.#state.begin(
      blankRecord(relay, place.value),
      leaseEnd,
    );
    entry.heardAt = now;
    return done(
      this.#applied([...changes, this.#state.announce(entry, track, { now, by })]),
    );
  }

  #withdraw(relay: string, track: string): Outcome<Applied, Refusal> {
    const entry = this.relays.get(relay);
    if (entry === undefined || !entry.announces.has(track)) {
      return no("announce_not_found", "announce entry not found");
    }
    return done(this.#applied([this.#state.withdraw(entry, track, this.#options.controller)]));
  }

  #end(entry: RelayEntry, reason: EndReason, now: number): Change {
    const { name, version: { epoch, number }, ownEpoch } = entry.record;
    const life = { epoch, number };
    const own = ownEpoch !== undefined && { ownEpoch };
    return this.#state.end({ name, life, ...own, beat: entry.beat, reason, endedAt: now });
  }

  #replaceAnnounces(entry: RelayEntry, tracks: readonly string[], now: number): Change[] {
    const by = this.#options.controller;
    const wanted = new Set(tracks);
    const unwanted = [...entry.announces.keys()].filter((track) => !wanted.has(track));
    const missing = [...wanted].filter((track) => !entry.announces.has(track));
    return [
      ...unwanted.map((track) => this.#state.withdraw(entry, track, by)),
      ...missing.map((track) => this.#state.announce(entry, track, { now, by })),
    ];
  }

  #applied(changes: readonly Change[]): Applied {
    const batch = this.#commit(changes);
    return batch === undefined ? {} : { batch };
  }

  #commit(changes: readonly Change[]): Batch | undefined {
    if (changes.length === 0) return undefined;
    const revision = ++this.#revision;
    const news = withoutReturns(changes);
    for (const change of news) this.#stamp(change, revision);
    return { revision, changes: news };
  }

  #stamp(change: Change, revision: number): void {
    const entry = this.relays.get(relayOf(change));
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

const NOTHING = { count: 0, bytes: 0 };

function earlier(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? a ?? b : Math.min(a, b);
}

function no(code: RefusalCode, message: string) {
  return refused(refusal(code, message));
}

function noRelay(name: string) {
  return no("relay_not_found", `relay not found: ${name}`);
}
