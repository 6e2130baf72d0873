import { DatabaseSync } from "node:sqlite";
import type { Clock, Timer } from "@qumo/shared/runtime";
import {
  type AccessEntry,
  accessKey,
  type Batch,
  isLeaseEnd,
  type LeaseEnd,
  relayOf,
  type StoredRelay,
} from "../registry/mod.ts";
import { SqliteReader } from "./sqlite_reader.ts";
import { migrate } from "./sqlite_schema.ts";
import { type SqliteOptions, SqliteWriter, type Written } from "./sqlite_writer.ts";
import type { ReconcileAccess, Store, Stored, Timeline } from "./types.ts";

/**
 * Milliseconds without a write after which the write-ahead log is checkpointed into the database
 * file.
 */
const IDLE_MS = 1_000;

/** Milliseconds between attempts after a failed write. */
const RETRY_MS = 1_000;

interface Waiter extends Written {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * A store in one SQLite file. Batches of one turn of the event loop share a transaction, which is
 * on disk before the callers' promises resolve.
 */
export class SqliteStore implements Store {
  readonly keepsTold = true;
  readonly #database: DatabaseSync;
  readonly #clock: Clock;
  readonly #timeline: Timeline;
  readonly #writer: SqliteWriter;
  readonly #reader: SqliteReader;
  /** Lease expiries that could not be written yet, by relay. */
  readonly #owed = new Map<string, LeaseEnd>();
  #reconcile: (given: StoredRelay) => void = () => {};
  #reconcileAccess: ReconcileAccess = () => {};
  #waiters: Waiter[] = [];
  #flush: Timer | undefined;
  /** The error of the last write, if it failed. */
  #failure: unknown;
  #again: Timer | undefined;
  #idle: Timer | undefined;
  #closed = false;

  /** Opens or creates the file. Throws when it is no such database or has a newer schema. */
  constructor(path: string, options: SqliteOptions) {
    this.#clock = options.clock;
    this.#timeline = options.timeline;
    this.#database = new DatabaseSync(path);
    try {
      this.#database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;");
      migrate(this.#database);
      this.#writer = new SqliteWriter(this.#database, options);
      this.#reader = new SqliteReader(this.#database, options.timeline);
    } catch (error) {
      this.#database.close();
      throw error;
    }
  }

  get healthy(): boolean {
    return this.#failure === undefined && !this.#closed;
  }

  load(): Promise<Stored> {
    this.#writer.prune();
    const stored = this.#reader.all();
    const told = this.#writer.told(stored.revision);
    const revision = told.length > 0 ? stored.revision : this.#revisionAnew(stored.revision);
    return Promise.resolve({ ...stored, revision, told });
  }

  /**
   * A store that was set up anew or restored begins after all that it may have told before: by the
   * time, since it makes less than a change each millisecond. Nobody then resumes in other changes.
   */
  #revisionAnew(stored: number): number {
    return Math.max(stored, Math.floor(this.#timeline.toWall(this.#clock.now())));
  }

  follow(reconcile: (given: StoredRelay) => void): void {
    this.#reconcile = reconcile;
  }

  followAccess(reconcile: ReconcileAccess): void {
    this.#reconcileAccess = reconcile;
  }

  append(batch: Batch, told?: string): Promise<void> {
    if (this.#closed) return Promise.reject(new Error("The store is closed"));
    this.#flush ??= this.#clock.after(0, () => this.#write());
    return new Promise((resolve, reject) => this.#waiters.push({ batch, told, resolve, reject }));
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
    if (waiters.length === 0) return;
    // After a failure the disk is retried by a timer, not by every caller.
    if (this.#failure === undefined) this.#try(waiters);
    const failure = this.#failure;
    if (failure !== undefined) this.#undo(waiters.map(({ batch }) => batch));
    for (const { batch, resolve, reject } of waiters) {
      if (failure === undefined || batch.changes.every(({ kind }) => kind === "flows")) resolve();
      else reject(failure);
    }
  }

  /** Writes batches, and before them the lease expiries that are owed since a failure. */
  #try(written: readonly Written[]): void {
    try {
      this.#writer.transact([
        ...this.#owed.values().map((end) => ({ batch: { revision: 0, changes: [end] } })),
        ...written,
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

  /** Checkpoints the log into the file: a copy of an idle database is then complete. */
  #settle(): void {
    try {
      this.#database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    } catch {
      // Another process reads, or the disk is full: the log keeps the data.
    }
  }

  #retry(): void {
    this.#again?.cancel();
    this.#try([]);
  }

  /**
   * Undoes a batch that could not be written: the registry is reconciled with the stored state. A
   * lease expiry cannot be undone; it is written later.
   */
  #undo(batches: readonly Batch[]): void {
    const relays = new Set<string>();
    const keys = new Set<string>();
    for (const change of batches.flatMap(({ changes }) => changes)) {
      if (change.kind === "access") keys.add(accessKey(change.entry));
      else if (isLeaseEnd(change)) this.#owed.set(change.tombstone.name, change);
      else if (change.kind !== "flows") relays.add(relayOf(change)!);
    }
    for (const key of keys) this.#reconcileAccess(key, this.#knownAccess(key), true);
    for (const name of relays) this.#reconcile({ name, ...this.#known(name), isUndone: true });
  }

  #knownAccess(key: string): AccessEntry | undefined {
    try {
      return this.#reader.access(key);
    } catch {
      return undefined;
    }
  }

  #known(name: string): Pick<StoredRelay, "kept" | "end"> {
    const owed = this.#owed.get(name);
    if (owed !== undefined) return { end: owed.tombstone };
    try {
      const kept = this.#reader.kept(name);
      const end = this.#reader.end(name);
      return { ...(kept && { kept }), ...(end && { end }) };
    } catch {
      // The disk cannot be read either: treat the relay as unknown, so that it registers again.
      return {};
    }
  }
}
