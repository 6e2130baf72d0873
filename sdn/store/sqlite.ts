import { DatabaseSync, type StatementSync } from "node:sqlite";
import type { Clock, Timer } from "@qumo/shared/runtime";
import {
  type Batch,
  type Change,
  isLeaseEnd,
  type LeaseEnd,
  relayOf,
  type StoredRelay,
  type TrackState,
} from "../registry/mod.ts";
import { drainToText, nameToKey, recordToText } from "./rows.ts";
import { SqliteReader } from "./sqlite_reader.ts";
import { migrate } from "./sqlite_schema.ts";
import type { Store, Stored, Timeline } from "./types.ts";

/** Milliseconds without a write after which what is in the log goes into the file itself. */
const IDLE_MS = 1_000;

/** Between two attempts to write when a write has failed, in milliseconds. */
const RETRY_MS = 1_000;

/** Withdrawn tracks kept for one relay, as many as the registry remembers. */
const MAX_WITHDRAWN = 1_000;

/** Ends and withdrawals between two rounds of forgetting old ones. */
const PRUNE_EVERY = 1_000;

/** How a SQLite store works. */
export interface SqliteOptions {
  readonly clock: Clock;
  readonly timeline: Timeline;
  /** How long the end of a relay is remembered, in milliseconds. */
  readonly tombstoneMs: number;
}

interface Waiter {
  readonly batch: Batch;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * A store in one SQLite file. Everything that arrives within one turn of the event loop is kept in
 * one transaction, which is on the disk before its callers are told.
 */
export class SqliteStore implements Store {
  readonly #database: DatabaseSync;
  readonly #clock: Clock;
  readonly #timeline: Timeline;
  readonly #tombstoneMs: number;
  readonly #statements: ReturnType<typeof prepare>;
  readonly #reader: SqliteReader;
  /** Ends of leases that the disk did not take, by relay. */
  readonly #owed = new Map<string, LeaseEnd>();
  #reconcile: (given: StoredRelay) => void = () => {};
  #waiters: Waiter[] = [];
  #flush: Timer | undefined;
  #sincePrune = 0;
  /** Why the last write failed, if it did. */
  #failure: unknown;
  #again: Timer | undefined;
  #idle: Timer | undefined;
  #closed = false;

  /** Opens or creates the file. Throws when it is no such database or of a newer schema. */
  constructor(path: string, { clock, timeline, tombstoneMs }: SqliteOptions) {
    this.#clock = clock;
    this.#timeline = timeline;
    this.#tombstoneMs = tombstoneMs;
    this.#database = new DatabaseSync(path);
    try {
      this.#database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;");
      migrate(this.#database);
      this.#statements = prepare(this.#database);
      this.#reader = new SqliteReader(this.#database, timeline);
    } catch (error) {
      this.#database.close();
      throw error;
    }
  }

  get healthy(): boolean {
    return this.#failure === undefined && !this.#closed;
  }

  load(): Promise<Stored> {
    this.#prune();
    return Promise.resolve(this.#reader.all());
  }

  follow(reconcile: (given: StoredRelay) => void): void {
    this.#reconcile = reconcile;
  }

  append(batch: Batch): Promise<void> {
    if (this.#closed) return Promise.reject(new Error("The store is closed"));
    this.#flush ??= this.#clock.after(0, () => this.#write());
    return new Promise((resolve, reject) => this.#waiters.push({ batch, resolve, reject }));
  }

  close(): Promise<void> {
    if (this.#closed) return Promise.resolve();
    this.#write();
    if (this.#failure !== undefined) this.#retry();
    this.#again?.cancel();
    this.#idle?.cancel();
    this.#closed = true;
    this.#database.close();
    return Promise.resolve();
  }

  #write(): void {
    this.#flush?.cancel();
    this.#flush = undefined;
    const waiters = this.#waiters;
    this.#waiters = [];
    const batches = waiters.map((waiter) => waiter.batch);
    if (batches.length === 0) return;
    // A disk that takes nothing is asked now and then for all, and not by everybody.
    if (this.#failure === undefined) this.#try(batches);
    const failure = this.#failure;
    if (failure !== undefined) this.#undo(batches);
    for (const { batch, resolve, reject } of waiters) {
      if (failure === undefined || batch.changes.every(({ kind }) => kind === "flows")) resolve();
      else reject(failure);
    }
  }

  /** Writes batches, and before them what has been owed since a write failed. */
  #try(batches: readonly Batch[]): void {
    try {
      this.#transact([
        ...this.#owed.values().map((end) => ({ revision: 0, changes: [end] })),
        ...batches,
      ]);
      this.#failure = undefined;
      this.#owed.clear();
      this.#idle?.cancel();
      this.#idle = this.#clock.after(IDLE_MS, () => this.#settle());
    } catch (error) {
      this.#failure = error;
      this.#again = this.#clock.after(RETRY_MS, () => this.#retry());
    }
  }

  /** Lets the file alone have everything: who copies it while nothing happens has a whole copy. */
  #settle(): void {
    try {
      this.#database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    } catch {
      // Somebody reads, or the disk is full: the log keeps it.
    }
  }

  #retry(): void {
    this.#again?.cancel();
    this.#try([]);
  }

  /**
   * What could not be kept never was: the registry is told what is kept instead. Only a lease that is
   * over is a fact that no disk changes; its end is owed.
   */
  #undo(batches: readonly Batch[]): void {
    const relays = new Set<string>();
    for (const change of batches.flatMap(({ changes }) => changes)) {
      if (isLeaseEnd(change)) this.#owed.set(relayOf(change), change);
      else if (change.kind !== "flows") relays.add(relayOf(change));
    }
    for (const name of relays) this.#reconcile({ name, ...this.#known(name), isUndone: true });
  }

  #known(name: string): Pick<StoredRelay, "kept" | "end"> {
    const owed = this.#owed.get(name);
    if (owed !== undefined) return { end: owed.tombstone };
    try {
      const kept = this.#reader.kept(name);
      const end = this.#reader.end(name);
      return { ...(kept && { kept }), ...(end && { end }) };
    } catch {
      // Of a disk that cannot even be read nothing is known: the relay registers again.
      return {};
    }
  }

  #transact(batches: readonly Batch[]): void {
    this.#database.exec("BEGIN IMMEDIATE");
    try {
      for (const { changes } of batches) for (const change of changes) this.#keep(change);
      this.#statements.revision.run(Math.max(0, ...batches.map(({ revision }) => revision)));
      if (this.#sincePrune >= PRUNE_EVERY) this.#prune();
      this.#database.exec("COMMIT");
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
      throw error;
    }
  }

  #keep(change: Change): void {
    switch (change.kind) {
      case "relay": {
        const { name, version: { epoch, number } } = change.record;
        const key = nameToKey(name);
        this.#statements.forgetEnd.run(key);
        this.#statements.forgetLives.run(key, epoch, number);
        this.#statements.relay.run(key, epoch, number, recordToText(change.record));
        return;
      }
      case "drain":
        this.#statements.drain.run(drainToText(change.order), nameToKey(change.relay));
        return;
      case "gone": {
        const { name, life, beat, reason, endedAt, region = "", address = "" } = change.tombstone;
        const key = nameToKey(name);
        const ended = this.#timeline.toWall(endedAt);
        this.#sincePrune++;
        this.#statements.forgetTracks.run(key);
        this.#statements.forgetRelay.run(key);
        const { epoch, number } = life;
        this.#statements.end.run(key, epoch, number, beat, reason, ended, region, address);
        return;
      }
      case "announce": {
        const { relay, track, version, registeredAt } = change.announce;
        const registered = this.#timeline.toWall(registeredAt);
        return this.#keepTrack(relay, track, { version, present: true, registeredAt: registered });
      }
      case "withdraw": {
        const { relay, track, version } = change;
        this.#sincePrune++;
        return this.#keepTrack(relay, track, { version, present: false, registeredAt: 0 });
      }
      case "flows":
        // Only the revision is kept: it never goes back.
        return;
    }
  }

  #keepTrack(relay: string, track: string, { version, present, registeredAt }: TrackState): void {
    const { epoch, number, seq, by } = version;
    const key = nameToKey(relay);
    this.#statements.track.run(key, track, epoch, number, seq, by, present ? 1 : 0, registeredAt);
  }

  /** Forgets old ends, and the oldest withdrawals of each relay: a newer row has a higher number. */
  #prune(): void {
    this.#sincePrune = 0;
    this.#statements.prune.run(MAX_WITHDRAWN);
    const oldest = this.#timeline.toWall(this.#clock.now() - this.#tombstoneMs);
    this.#statements.forgetEnds.run(oldest);
  }
}

function prepare(database: DatabaseSync) {
  const sql = (text: string): StatementSync => database.prepare(text);
  return {
    revision: sql("UPDATE state SET revision = max(revision, ?)"),
    relay: sql(
      `INSERT INTO relays (name, epoch, number, record) VALUES (?, ?, ?, ?)
       ON CONFLICT (name) DO UPDATE SET
         drain = CASE WHEN epoch = excluded.epoch AND number = excluded.number THEN drain END,
         epoch = excluded.epoch, number = excluded.number, record = excluded.record`,
    ),
    drain: sql("UPDATE relays SET drain = ? WHERE name = ?"),
    forgetRelay: sql("DELETE FROM relays WHERE name = ?"),
    forgetEnd: sql("DELETE FROM ends WHERE name = ?"),
    forgetEnds: sql("DELETE FROM ends WHERE ended <= ?"),
    forgetLives: sql("DELETE FROM tracks WHERE relay = ? AND (epoch <> ? OR number <> ?)"),
    forgetTracks: sql("DELETE FROM tracks WHERE relay = ?"),
    end: sql("INSERT OR REPLACE INTO ends VALUES (?, ?, ?, ?, ?, ?, ?, ?)"),
    track: sql("INSERT OR REPLACE INTO tracks VALUES (?, ?, ?, ?, ?, ?, ?, ?)"),
    prune: sql(
      `DELETE FROM tracks WHERE rowid IN (
         SELECT rowid FROM (
           SELECT rowid, row_number() OVER (PARTITION BY relay ORDER BY rowid DESC) AS place
           FROM tracks WHERE present = 0
         ) WHERE place > ?
       )`,
    ),
  };
}
