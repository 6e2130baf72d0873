import { DatabaseSync, type StatementSync } from "node:sqlite";
import type { Clock, Timer } from "@qumo/shared/runtime";
import type { Batch, Change, RelayState, Tombstone, TrackState, Version } from "../registry/mod.ts";
import {
  drainFromText,
  drainToText,
  nameFromKey,
  nameToKey,
  recordFromText,
  recordToText,
  versionOf,
} from "./rows.ts";
import { migrate } from "./sqlite_schema.ts";
import type { Store, Stored, Timeline } from "./types.ts";

/** Batches that wait for a store that does not take them: beyond, the store counts as lost. */
const MAX_BACKLOG = 100_000;

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
  /** Kept neither in memory alone nor on the disk yet: refused batches that a later one brings along. */
  #backlog: Batch[] = [];
  #waiters: Waiter[] = [];
  #flush: Timer | undefined;
  #sincePrune = 0;
  #healthy = true;
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
    } catch (error) {
      this.#database.close();
      throw error;
    }
  }

  get healthy(): boolean {
    return this.#healthy && !this.#closed;
  }

  load(): Promise<Stored> {
    this.#prune();
    const tracks = this.#loadTracks();
    const relays = this.#database.prepare("SELECT * FROM relays").all().map((row): RelayState => {
      const record = recordFromText(String(row.record));
      const drain = row.drain === null ? undefined : drainFromText(String(row.drain));
      const life = { epoch: Number(row.epoch), number: Number(row.number) };
      const own = tracks.get(record.name) ?? new Map();
      const alive = { record, ...(drain && { drain }), tracks: own };
      return { name: record.name, life, beat: record.version.seq, alive };
    });
    const tombstones = this.#database.prepare("SELECT * FROM ends").all().map((row): Tombstone => ({
      name: nameFromKey(String(row.name)),
      life: { epoch: Number(row.epoch), number: Number(row.number) },
      beat: Number(row.beat),
      reason: row.reason === "deregistered" ? "deregistered" : "expired",
      endedAt: this.#timeline.fromWall(Number(row.ended)),
      ...(row.region && { region: String(row.region) }),
      ...(row.address && { address: String(row.address) }),
    }));
    const revision = Number(this.#database.prepare("SELECT revision FROM state").get()?.revision);
    return Promise.resolve({ revision, relays, tombstones });
  }

  append(batch: Batch): Promise<void> {
    if (this.#closed) return Promise.reject(new Error("The store is closed"));
    this.#flush ??= this.#clock.after(0, () => this.#write());
    return new Promise((resolve, reject) => this.#waiters.push({ batch, resolve, reject }));
  }

  close(): Promise<void> {
    if (this.#closed) return Promise.resolve();
    this.#write();
    this.#closed = true;
    this.#database.close();
    return Promise.resolve();
  }

  #write(): void {
    this.#flush?.cancel();
    this.#flush = undefined;
    const waiters = this.#waiters;
    this.#waiters = [];
    const batches = [...this.#backlog, ...waiters.map((waiter) => waiter.batch)];
    if (batches.length === 0) return;
    try {
      this.#transact(batches);
    } catch (error) {
      this.#healthy = false;
      this.#backlog = batches.slice(-MAX_BACKLOG);
      for (const waiter of waiters) waiter.reject(error);
      return;
    }
    this.#healthy = true;
    this.#backlog = [];
    for (const waiter of waiters) waiter.resolve();
  }

  #transact(batches: readonly Batch[]): void {
    this.#database.exec("BEGIN IMMEDIATE");
    try {
      for (const { changes } of batches) for (const change of changes) this.#keep(change);
      this.#statements.revision.run(batches.at(-1)?.revision ?? 0);
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

  #loadTracks(): Map<string, Map<string, TrackState>> {
    const tracks = new Map<string, Map<string, TrackState>>();
    const rows = this.#database.prepare("SELECT * FROM tracks ORDER BY rowid").iterate();
    for (const row of rows) {
      const relay = nameFromKey(String(row.relay));
      const version: Version = versionOf(row);
      const present = row.present === 1;
      const registeredAt = present ? this.#timeline.fromWall(Number(row.registered)) : 0;
      const own = tracks.get(relay) ?? new Map<string, TrackState>();
      own.set(String(row.track), { version, present, registeredAt });
      tracks.set(relay, own);
    }
    return tracks;
  }
}

function prepare(database: DatabaseSync) {
  const sql = (text: string): StatementSync => database.prepare(text);
  return {
    revision: sql("UPDATE state SET revision = ?"),
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
