import type { DatabaseSync, StatementSync } from "node:sqlite";
import { MAX_TOLD, MAX_TOLD_LENGTH } from "./limits.ts";
import type { Told } from "./types.ts";

interface Length {
  readonly revision: number;
  readonly length: number;
}

/** What watchers were told of the newest batches, in a table of its own. */
export class SqliteHistory {
  readonly #all: StatementSync;
  readonly #insert: StatementSync;
  readonly #forget: StatementSync;
  /** What is kept, the oldest first. */
  readonly #lengths: Length[] = [];
  #length = 0;

  constructor(database: DatabaseSync) {
    this.#all = database.prepare("SELECT revision, events FROM told ORDER BY revision");
    this.#insert = database.prepare("INSERT OR REPLACE INTO told VALUES (?, ?)");
    this.#forget = database.prepare("DELETE FROM told WHERE revision <= ?");
    for (const { revision, events } of this.#all.iterate()) {
      this.#kept({ revision: Number(revision), length: String(events).length });
    }
  }

  /** What is kept without a gap up to the newest revision. */
  upTo(newest: number): Told[] {
    let told: Told[] = [];
    let last = -1;
    for (const row of this.#all.iterate()) {
      const revision = Number(row.revision);
      if (revision > newest) break;
      if (revision !== last + 1) told = [];
      told.push({ revision, events: String(row.events) });
      last = revision;
    }
    return last === newest ? told : [];
  }

  /** Writes what is to be kept, and deletes what is too much since the last time. */
  write(told: readonly Told[]): void {
    const { revision } = this.#lengths[this.#excess() - 1] ?? {};
    if (revision !== undefined) this.#forget.run(revision);
    for (const { revision, events } of told) this.#insert.run(revision, events);
  }

  /** What was written is on the disk. */
  written(told: readonly Told[]): void {
    for (const { length } of this.#lengths.splice(0, this.#excess())) this.#length -= length;
    for (const { revision, events } of told) this.#kept({ revision, length: events.length });
  }

  #kept(one: Length): void {
    this.#lengths.push(one);
    this.#length += one.length;
  }

  /** How many of the oldest are too much. */
  #excess(): number {
    let [count, length] = [0, this.#length];
    while (
      count < this.#lengths.length &&
      (this.#lengths.length - count > MAX_TOLD || length > MAX_TOLD_LENGTH)
    ) length -= this.#lengths[count++]!.length;
    return count;
  }
}
