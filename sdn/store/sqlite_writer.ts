import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Clock } from "@qumo/shared/runtime";
import { accessKey, type Batch, type Change, type TrackState } from "../registry/mod.ts";
import { accessToText, drainToText, nameToKey, recordToText } from "./rows.ts";
import { SqliteHistory } from "./sqlite_history.ts";
import type { Timeline, Told } from "./types.ts";

/** Withdrawn tracks kept per relay, as many as the registry keeps. */
const MAX_WITHDRAWN = 1_000;

/** Tombstones and withdrawals written between two prunings. */
const PRUNE_EVERY = 1_000;

/** Options of {@linkcode SqliteWriter}. */
export interface SqliteOptions {
  readonly clock: Clock;
  readonly timeline: Timeline;
  /** How long tombstones are kept, in milliseconds. */
  readonly tombstoneMs: number;
}

/** A batch, and what watchers are told of it. */
export interface Written {
  readonly batch: Batch;
  readonly told?: string | undefined;
}

/** Writes batches into the tables and prunes old rows. */
export class SqliteWriter {
  readonly #database: DatabaseSync;
  readonly #options: SqliteOptions;
  readonly #statements: ReturnType<typeof prepare>;
  readonly #history: SqliteHistory;
  #sincePrune = 0;

  constructor(database: DatabaseSync, options: SqliteOptions) {
    this.#database = database;
    this.#options = options;
    this.#statements = prepare(database);
    this.#history = new SqliteHistory(database);
  }

  /** Writes the batches in one transaction, or throws and writes none. */
  transact(written: readonly Written[]): void {
    const batches = written.map(({ batch }) => batch);
    const told = written.flatMap(({ batch: { revision }, told: events }) =>
      events === undefined ? [] : [{ revision, events }]
    );
    this.#database.exec("BEGIN IMMEDIATE");
    try {
      for (const { changes } of batches) for (const change of changes) this.#keep(change);
      this.#statements.revision.run(Math.max(0, ...batches.map(({ revision }) => revision)));
      this.#history.write(told);
      if (this.#sincePrune >= PRUNE_EVERY) this.prune();
      this.#database.exec("COMMIT");
      this.#history.written(told);
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
      throw error;
    }
  }

  /** What watchers were told of the newest batches, up to a revision. */
  told(newest: number): Told[] {
    return this.#history.upTo(newest);
  }

  /** Deletes old tombstones, what is over about access, and each relay's oldest withdrawals, by row number. */
  prune(): void {
    const { clock, timeline, tombstoneMs } = this.#options;
    this.#sincePrune = 0;
    this.#statements.prune.run(MAX_WITHDRAWN);
    const oldest = timeline.toWall(clock.now() - tombstoneMs);
    this.#statements.forgetEnds.run(oldest);
    this.#statements.forgetAccess.run(timeline.toWall(clock.now()));
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
        const ended = this.#options.timeline.toWall(endedAt);
        this.#sincePrune++;
        this.#statements.forgetTracks.run(key);
        this.#statements.forgetRelay.run(key);
        const { epoch, number } = life;
        this.#statements.end.run(key, epoch, number, beat, reason, ended, region, address);
        return;
      }
      case "announce": {
        const { relay, track, version, registeredAt } = change.announce;
        const registered = this.#options.timeline.toWall(registeredAt);
        return this.#keepTrack(relay, track, { version, present: true, registeredAt: registered });
      }
      case "withdraw": {
        const { relay, track, version } = change;
        this.#sincePrune++;
        return this.#keepTrack(relay, track, { version, present: false, registeredAt: 0 });
      }
      case "access": {
        const { entry } = change;
        this.#sincePrune++;
        const key = nameToKey(accessKey(entry));
        this.#statements.access.run(key, accessToText(entry), entry.until ?? null);
        return;
      }
      case "flows":
        // A step without changes only advances the revision.
        return;
    }
  }

  #keepTrack(relay: string, track: string, { version, present, registeredAt }: TrackState): void {
    const { epoch, number, seq, by } = version;
    const key = nameToKey(relay);
    this.#statements.track.run(key, track, epoch, number, seq, by, present ? 1 : 0, registeredAt);
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
    access: sql("INSERT OR REPLACE INTO access VALUES (?, ?, ?)"),
    forgetAccess: sql("DELETE FROM access WHERE until <= ?"),
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
