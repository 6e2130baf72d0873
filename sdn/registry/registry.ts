import { done, type Outcome, refused } from "@qumo/shared/runtime";
import {
  MAX_ANNOUNCES_PER_RELAY,
  type Refusal,
  refusal,
  type RefusalCode,
  type Registration,
} from "@qumo/shared/topology";
import { type Capacity, crowding, mismatch } from "./admission.ts";
import type { Applied, Command, Match } from "./command.ts";
import { DeadlineHeap } from "./deadline_heap.ts";
import { Directory } from "./directory.ts";
import { type Place, placeHeartbeat } from "./fencing.ts";
import { Graveyard } from "./graveyard.ts";
import { MAX_ANNOUNCES, MAX_RELAYS, MAX_TOMBSTONES } from "./limits.ts";
import {
  type Batch,
  type Change,
  compareLives,
  type EndReason,
  type RelayRecord,
  type Tombstone,
} from "./model.ts";
import { beatenRecord, blankRecord, RelayEntry } from "./relay_entry.ts";

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
}

/**
 * Who the relays are and who has which track: a state machine without a clock. Every call that
 * depends on time takes it as an argument, on one scale of milliseconds that never goes back. Whoever
 * calls it expires first what is due by then.
 */
export class Registry {
  readonly #options: Required<RegistryOptions>;
  readonly #relays = new Map<string, RelayEntry>();
  readonly #leases = new DeadlineHeap();
  readonly #graveyard: Graveyard;
  readonly #directory = new Directory();
  #revision: number;

  constructor(options: RegistryOptions) {
    this.#options = {
      maxRelays: MAX_RELAYS,
      maxAnnounces: MAX_ANNOUNCES,
      maxAnnouncesPerRelay: MAX_ANNOUNCES_PER_RELAY,
      ...options,
    };
    this.#revision = options.revision;
    this.#graveyard = new Graveyard(options.tombstoneMs, MAX_TOMBSTONES);
  }

  /** The revision of the newest change. */
  get revision(): number {
    return this.#revision;
  }

  /** Every relay that lives, in no particular order. */
  get relays(): ReadonlyMap<string, RelayEntry> {
    return this.#relays;
  }

  /** Every end of a relay that is still remembered. */
  get tombstones(): ReadonlyMap<string, Tombstone> {
    return this.#graveyard.tombstones;
  }

  /** Who has which track. */
  get directory(): Directory {
    return this.#directory;
  }

  /** When {@linkcode Registry.expire} has something to do next. */
  get nextDeadline(): number | undefined {
    const [lease, burial] = [this.#leases.next, this.#graveyard.next];
    if (lease === undefined || burial === undefined) return lease ?? burial;
    return Math.min(lease, burial);
  }

  /** When the relay's lease ends, or `undefined` when it does not live. */
  leaseEnd(name: string): number | undefined {
    return this.#leases.at(name);
  }

  /** Takes one command; what it changed is one step of the revision. */
  apply(command: Command, now: number): Outcome<Applied, Refusal> {
    switch (command.kind) {
      case "register":
        return this.#register(command.name, command.body, { now, match: command.match });
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

  /** Ends the lives whose lease is over at `now`, and forgets ends that are long past. */
  expire(now: number): Batch | undefined {
    const changes: Change[] = [];
    for (let name = this.#leases.take(now); name !== undefined; name = this.#leases.take(now)) {
      changes.push(...this.#end(name, "expired", now));
    }
    this.#graveyard.expire(now);
    return this.#commit(changes);
  }

  #register(
    name: string,
    body: Registration,
    { now, match }: { now: number; match: Match | undefined },
  ): Outcome<Applied, Refusal> {
    const entry = this.#relays.get(name);
    const stale = mismatch(entry, match);
    if (stale !== undefined) return refused(stale);
    const place = this.#place(name, body);
    if (!place.ok) return place;
    const { version, isRepeated } = place.value;
    const isSameLife = entry !== undefined && compareLives(entry.record.version, version) === 0;
    const base = isSameLife ? entry.record : blankRecord(name, version);
    const { record, measured } = beatenRecord(base, body, {
      measured: isSameLife ? entry.measured : new Map(),
      version,
      weight: isRepeated ? 0 : this.#options.smoothing,
    });
    if (isRepeated) {
      if (record !== base) return no("stale_sequence", `${name} already sent ${version.seq}`);
      this.#leases.set(name, now + this.#options.leaseMs);
      return done(this.#applied(entry, body, []));
    }
    const announced = isSameLife ? entry.announces.size : 0;
    const crowded = this.#crowded(entry, body.announces?.length ?? announced);
    if (crowded !== undefined) return refused(crowded);

    const changes: Change[] = [];
    const alive = isSameLife ? entry : this.#begin(record, changes);
    alive.beat = version.seq;
    alive.measured = measured;
    this.#leases.set(name, now + this.#options.leaseMs);
    if (record !== alive.record || !isSameLife) {
      alive.record = record;
      changes.push({ kind: "relay", record });
    }
    if (body.announces !== undefined) changes.push(...this.#replaceAnnounces(alive, body, now));
    return done(this.#applied(alive, body, changes));
  }

  #place(name: string, body: Registration): Outcome<Place, Refusal> {
    const { controller } = this.#options;
    const entry = this.#relays.get(name);
    if (entry !== undefined) {
      const last = { life: entry.record.version, beat: entry.beat, lives: true };
      return placeHeartbeat(name, body, { last, controller });
    }
    const tombstone = this.#graveyard.get(name);
    const last = tombstone && { life: tombstone.life, beat: tombstone.beat, lives: false };
    return placeHeartbeat(name, body, { last, controller });
  }

  #deregister(
    name: string,
    { now, match }: { now: number; match: Match | undefined },
  ): Outcome<Applied, Refusal> {
    const entry = this.#relays.get(name);
    const stale = mismatch(entry, match);
    if (stale !== undefined) return refused(stale);
    if (entry === undefined) return noRelay(name);
    return done(this.#applied(entry, {}, this.#end(name, "deregistered", now)));
  }

  #drain(name: string, on: boolean): Outcome<Applied, Refusal> {
    const entry = this.#relays.get(name);
    if (entry === undefined) return noRelay(name);
    if ((entry.drain?.on ?? false) === on) return done({});
    const order = { version: entry.mint(entry.drain?.version, this.#options.controller), on };
    entry.drain = order;
    return done(this.#applied(entry, {}, [{ kind: "drain", relay: name, order }]));
  }

  #announce(relay: string, track: string, now: number): Outcome<Applied, Refusal> {
    let entry = this.#relays.get(relay);
    if (entry?.announces.has(track)) {
      this.#touch(entry, now);
      return done({});
    }
    const crowded = this.#crowded(entry, (entry?.announces.size ?? 0) + 1);
    if (crowded !== undefined) return refused(crowded);
    const changes: Change[] = [];
    if (entry === undefined) {
      // A relay that numbers its lives registers itself; one that never does is known by its tracks.
      if ((this.#graveyard.get(relay)?.life.epoch ?? 0) > 0) return noRelay(relay);
      const place = this.#place(relay, {});
      if (!place.ok) return place;
      const record = blankRecord(relay, place.value.version);
      entry = this.#begin(record, changes);
      this.#leases.set(relay, now + this.#options.leaseMs);
      changes.push({ kind: "relay", record });
    }
    this.#touch(entry, now);
    changes.push(this.#add(entry, track, now));
    return done(this.#applied(entry, {}, changes));
  }

  #withdraw(relay: string, track: string): Outcome<Applied, Refusal> {
    const entry = this.#relays.get(relay);
    if (entry === undefined || !entry.announces.has(track)) {
      return no("announce_not_found", `${relay} does not announce ${track}`);
    }
    return done(this.#applied(entry, {}, [this.#remove(entry, track)]));
  }

  /** An announce is the only sign of life of a relay that never registered. */
  #touch(entry: RelayEntry, now: number): void {
    if (!entry.record.registered) {
      this.#leases.set(entry.record.name, now + this.#options.leaseMs);
    }
  }

  #begin(record: RelayRecord, changes: Change[]): RelayEntry {
    const before = this.#relays.get(record.name);
    for (const track of before?.announces.keys() ?? []) {
      changes.push(this.#remove(before as RelayEntry, track));
    }
    const entry = new RelayEntry(record);
    this.#relays.set(record.name, entry);
    this.#graveyard.remove(record.name);
    return entry;
  }

  #end(name: string, reason: EndReason, now: number): Change[] {
    const entry = this.#relays.get(name);
    if (entry === undefined) return [];
    for (const track of entry.announces.keys()) this.#directory.remove(name, track);
    this.#relays.delete(name);
    this.#leases.delete(name);
    const { epoch, number } = entry.record.version;
    const tombstone: Tombstone = {
      name,
      life: { epoch, number },
      beat: entry.beat,
      reason,
      endedAt: now,
    };
    this.#graveyard.bury(tombstone);
    return [{ kind: "gone", tombstone }];
  }

  #replaceAnnounces(entry: RelayEntry, body: Registration, now: number): Change[] {
    const wanted = new Set(body.announces);
    const changes: Change[] = [];
    for (const track of [...entry.announces.keys()]) {
      if (!wanted.has(track)) changes.push(this.#remove(entry, track));
    }
    for (const track of wanted) {
      if (!entry.announces.has(track)) changes.push(this.#add(entry, track, now));
    }
    return changes;
  }

  #add(entry: RelayEntry, track: string, now: number): Change {
    const announce = entry.add(track, { now, by: this.#options.controller });
    this.#directory.add(announce);
    return { kind: "announce", announce };
  }

  #remove(entry: RelayEntry, track: string): Change {
    const version = entry.remove(track, this.#options.controller);
    const relay = entry.record.name;
    this.#directory.remove(relay, track);
    return { kind: "withdraw", relay, track, version };
  }

  #crowded(entry: RelayEntry | undefined, own: number): Refusal | undefined {
    const relays = this.#relays.size - (entry === undefined ? 0 : 1);
    const announces = this.#directory.size - (entry?.announces.size ?? 0);
    return crowding(this.#options, { others: { relays, announces }, own });
  }

  #applied(
    entry: RelayEntry | undefined,
    body: Registration,
    changes: readonly Change[],
  ): Applied {
    const batch = this.#commit(changes);
    if (entry !== undefined && batch?.changes.some(isAboutRelay)) entry.modified = batch.revision;
    const expected = body.announces_digest;
    const differs = expected !== undefined && entry !== undefined && entry.digest !== expected;
    return { ...(batch && { batch }), ...(differs && { resendAnnounces: true }) };
  }

  #commit(changes: readonly Change[]): Batch | undefined {
    if (changes.length === 0) return undefined;
    return { revision: ++this.#revision, changes };
  }
}

function isAboutRelay(change: Change): boolean {
  return change.kind === "relay" || change.kind === "drain";
}

function no(code: RefusalCode, message: string) {
  return refused(refusal(code, message));
}

function noRelay(name: string) {
  return no("relay_not_found", `relay not found: ${name}`);
}
