import { DatabaseSync, type StatementSync } from "node:sqlite";
import type { Clock, Timer } from "@qumo/shared/runtime";
import { EVENTS, type EventShelf, MAX_EVENTS, type SdnEvent } from "../events/mod.ts";

/** Milliseconds that events may wait for each other: what is lost in between is in the log. */
const GATHER_MS = 500;

/** Events that wait for a disk that does not take them: beyond, the oldest of them are only in the log. */
const MAX_WAITING = 1000;

/** What keeping events needs. */
export interface EventsOptions {
  readonly clock: Clock;
  /** Told when events could not be kept: they are in the log alone. */
  readonly onFailure: (error: unknown) => void;
}

/**
 * Events in a SQLite file of their own, beside the registry's: the disk is not waited for, and a
 * file that is damaged or full costs no registration.
 */
export class SqliteEvents implements EventShelf {
  readonly #clock: Clock;
  readonly #database: DatabaseSync;
  readonly #insert: StatementSync;
  readonly #forget: StatementSync;
  readonly #onFailure: (error: unknown) => void;
  #waiting: SdnEvent[] = [];
  #flush: Timer | undefined;

  /** Opens or creates the file. Throws when it cannot be had. */
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
      // A newer program may have known more kinds.
      .filter(({ kind }) => Object.hasOwn(EVENTS, kind));
  }

  keep(event: SdnEvent): void {
    this.#waiting.push(event);
    if (this.#waiting.length > MAX_WAITING) this.#waiting.shift();
    this.#flush ??= this.#clock.after(GATHER_MS, () => this.#write());
  }

  /** Keeps what waits, then lets go of the file. */
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
