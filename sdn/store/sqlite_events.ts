import { DatabaseSync, type StatementSync } from "node:sqlite";
import type { Clock, Timer } from "@qumo/shared/runtime";
import { EVENTS, type EventStore, MAX_EVENTS, type SdnEvent } from "../events/mod.ts";

/** Milliseconds for which events are batched: a crash loses them here, but not in the log. */
const GATHER_MS = 500;

/** Events that wait for a failing disk: beyond it, the oldest of them are only in the log. */
const MAX_WAITING = 1000;

/** Options of {@linkcode SqliteEvents}. */
export interface EventsOptions {
  readonly clock: Clock;
  /** Called when events could not be stored; they are only in the log then. */
  readonly onFailure: (error: unknown) => void;
}

/**
 * Events in a SQLite file apart from the registry's. Callers do not wait for the disk, and a
 * damaged or full file does not affect registrations.
 */
export class SqliteEvents implements EventStore {
  readonly #clock: Clock;
  readonly #database: DatabaseSync;
  readonly #insert: StatementSync;
  readonly #forget: StatementSync;
  readonly #onFailure: (error: unknown) => void;
  #waiting: SdnEvent[] = [];
  #flush: Timer | undefined;

  /** Opens or creates the file. Throws when that fails. */
  constructor(path: string, { clock, onFailure }: EventsOptions) {
    this.#clock = clock;
    this.#onFailure = onFailure;
    this.#database = new DatabaseSync(path);
    try {
      this.#database.exec(
        `PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
         CREATE TABLE IF NOT EXISTS events (id INTEGER PRIMARY KEY, event TEXT NOT NULL) STRICT;`,
      );
      this.#insert = this.#database.prepare("INSERT OR REPLACE INTO events VALUES (?, ?)");
      this.#forget = this.#database.prepare(
        "DELETE FROM events WHERE id <= (SELECT id FROM events ORDER BY id DESC LIMIT 1 OFFSET ?)",
      );
    } catch (error) {
      this.#database.close();
      throw error;
    }
  }

  load(limit: number): readonly SdnEvent[] {
    const rows = this.#database.prepare("SELECT event FROM events ORDER BY id DESC LIMIT ?")
      .all(limit);
    return rows.reverse().map((row) => JSON.parse(String(row.event)) as SdnEvent)
      // A newer version may have stored kinds that this one does not know.
      .filter(({ kind }) => Object.hasOwn(EVENTS, kind));
  }

  keep(event: SdnEvent): void {
    this.#waiting.push(event);
    if (this.#waiting.length > MAX_WAITING) this.#waiting.shift();
    this.#flush ??= this.#clock.after(GATHER_MS, () => this.#write());
  }

  /** Writes pending events and closes the file. */
  close(): void {
    this.#write();
    this.#database.close();
  }

  #write(): void {
    this.#flush?.cancel();
    this.#flush = undefined;
    if (this.#waiting.length === 0) return;
    try {
      this.#database.exec("BEGIN IMMEDIATE");
      for (const event of this.#waiting) this.#insert.run(event.id, JSON.stringify(event));
      this.#forget.run(MAX_EVENTS);
      this.#database.exec("COMMIT");
      this.#waiting = [];
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
      this.#onFailure(error);
    }
  }
}
