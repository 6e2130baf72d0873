import type { Refusal } from "@qumo/shared/topology";
import { AccessBook, type AccessCapacity } from "./access_book.ts";
import { type AnnounceCount, type Capacity, capacityRefusal, NO_ANNOUNCES } from "./capacity.ts";
import { DeadlineHeap } from "./deadline_heap.ts";
import { Directory } from "./directory.ts";
import { FlowTable } from "./flow_table.ts";
import { Graveyard } from "./graveyard.ts";
import { lastState } from "./last_state.ts";
import { MAX_FLOWS, MAX_TOMBSTONES } from "./limits.ts";
import type {
  Change,
  EndReason,
  RelayRecord,
  RelaySnapshot,
  Tombstone,
  TrackState,
  Version,
} from "./model.ts";
import { RelayEntry } from "./relay_entry.ts";

/**
 * The registry's state with its invariants: a relay has a lease exactly while it lives, the
 * directory has exactly the announces of living relays, only living relays have flows, and no relay
 * both lives and has a tombstone.
 */
export class RegistryState {
  readonly #relays = new Map<string, RelayEntry>();
  readonly leases = new DeadlineHeap();
  readonly graveyard: Graveyard;
  readonly directory = new Directory();
  readonly flows = new FlowTable(MAX_FLOWS);
  readonly access: AccessBook;
  readonly #capacity: Capacity;
  /** Milliseconds for which whoever expires leases could not run, since its start. */
  stalledMs = 0;

  /** Holds up to `capacity`, and each tombstone for `tombstoneMs` milliseconds. */
  constructor(capacity: Capacity & AccessCapacity, tombstoneMs: number) {
    this.#capacity = capacity;
    this.access = new AccessBook(capacity);
    this.graveyard = new Graveyard(tombstoneMs, MAX_TOMBSTONES);
  }

  /** Every living relay. */
  get relays(): ReadonlyMap<string, RelayEntry> {
    return this.#relays;
  }

  /** A living relay's current state. */
  snapshot(name: string): RelaySnapshot | undefined {
    const leaseEnd = this.leases.at(name);
    return leaseEnd === undefined ? undefined : this.#relays.get(name)?.snapshot(leaseEnd);
  }

  /** Starts a life with its first record; state of an earlier life is removed. */
  begin(record: RelayRecord, leaseEnd: number): { entry: RelayEntry; changes: Change[] } {
    const before = this.#relays.get(record.name);
    const changes: Change[] = this.flows.clear(record.name);
    for (const { track, version } of before?.announces.values() ?? []) {
      this.directory.remove(record.name, track);
      changes.push({ kind: "withdraw", relay: record.name, track, version });
    }
    const entry = new RelayEntry(record);
    entry.renewed(this.stalledMs);
    this.#relays.set(record.name, entry);
    this.graveyard.remove(record.name);
    this.leases.set(record.name, leaseEnd);
    changes.push({ kind: "relay", record });
    return { entry, changes };
  }

  /** Ends a relay's life, if it lives, and adds the tombstone. */
  end(tombstone: Tombstone): Change {
    const { name } = tombstone;
    const entry = this.#relays.get(name);
    const last = entry !== undefined && tombstone.reason === "expired" &&
      { last: lastState(entry, this.directory) };
    for (const track of entry?.announces.keys() ?? []) this.directory.remove(name, track);
    this.#relays.delete(name);
    this.leases.delete(name);
    // The end of the relay implies the end of its flows.
    this.flows.clear(name);
    const { region, address } = entry?.record ?? {};
    const place = { ...(region && { region }), ...(address && { address }) };
    const end = { ...place, ...last, ...tombstone };
    this.graveyard.bury(end);
    return { kind: "gone", tombstone: end };
  }

  /** Ends a relay's current life. */
  endLife(entry: RelayEntry, reason: EndReason, now: number): Change {
    const { name, version: { epoch, number }, ownEpoch } = entry.record;
    const life = { epoch, number };
    const own = ownEpoch !== undefined && { ownEpoch };
    return this.end({ name, life, ...own, beat: entry.beat, reason, endedAt: now });
  }

  /** Continues a life under a higher number, with its state. */
  renumber(entry: RelayEntry, number: number): Change[] {
    const rise = (version: Version): Version => ({ ...version, number });
    const { name } = entry.record;
    entry.record = { ...entry.record, version: rise(entry.record.version) };
    const changes: Change[] = [{ kind: "relay", record: entry.record }];
    if (entry.drain !== undefined) {
      entry.drain = { ...entry.drain, version: rise(entry.drain.version) };
      changes.push({ kind: "drain", relay: name, order: entry.drain });
    }
    for (const [track, version] of [...entry.withdrawn]) {
      entry.set(track, { version: rise(version), present: false, registeredAt: 0 });
    }
    for (const { track, version, registeredAt } of [...entry.announces.values()]) {
      const announce = entry.set(track, { version: rise(version), present: true, registeredAt });
      this.directory.add(announce);
      changes.push({ kind: "announce", announce, isKnown: true });
    }
    return changes;
  }

  /** Adds an announce of a track that the relay does not announce yet. */
  announce(entry: RelayEntry, track: string, { now, by }: { now: number; by: string }): Change {
    const version = entry.mint(entry.withdrawn.get(track), by);
    return this.#present(entry, track, { version, present: true, registeredAt: now });
  }

  /** Withdraws an announced track. */
  withdraw(entry: RelayEntry, track: string, by: string): Change {
    const version = entry.mint(entry.announces.get(track)?.version, by);
    return this.#absent(entry, track, version);
  }

  /** Applies a newer statement about a track; returns the change if others can see it. */
  takeTrack(entry: RelayEntry, track: string, state: TrackState): Change | undefined {
    if (state.present) return this.#present(entry, track, state);
    const wasThere = entry.announces.has(track);
    const change = this.#absent(entry, track, state.version);
    return wasThere ? change : undefined;
  }

  /** The refusal when the announces exceed the capacity; `undefined` when they fit. */
  capacityRefusal(entry: RelayEntry | undefined, own: AnnounceCount): Refusal | undefined {
    const relays = this.#relays.size - (entry === undefined ? 0 : 1);
    const mine = entry?.announced ?? NO_ANNOUNCES;
    const announces = {
      count: this.directory.size - mine.count,
      bytes: this.directory.bytes - mine.bytes,
    };
    return capacityRefusal(this.#capacity, { others: { relays, announces }, own });
  }

  #present(entry: RelayEntry, track: string, state: TrackState): Change {
    const announce = entry.set(track, state);
    this.directory.add(announce);
    return { kind: "announce", announce };
  }

  #absent(entry: RelayEntry, track: string, version: Version): Change {
    const relay = entry.record.name;
    entry.set(track, { version, present: false, registeredAt: 0 });
    this.directory.remove(relay, track);
    return { kind: "withdraw", relay, track, version };
  }
}
