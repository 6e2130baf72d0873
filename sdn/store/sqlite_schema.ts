import type { DatabaseSync } from "node:sqlite";
import { NewerStore } from "./newer_store.ts";

// Migrations: each upgrades from the version before. Append only.
const MIGRATIONS = [
  `
  CREATE TABLE state (id INTEGER PRIMARY KEY CHECK (id = 1), revision INTEGER NOT NULL) STRICT;
  INSERT INTO state VALUES (1, 0);
  CREATE TABLE relays (
    name TEXT PRIMARY KEY, epoch INTEGER NOT NULL, number INTEGER NOT NULL,
    record TEXT NOT NULL, drain TEXT
  ) STRICT;
  CREATE TABLE tracks (
    relay TEXT NOT NULL, track TEXT NOT NULL, epoch INTEGER NOT NULL, number INTEGER NOT NULL,
    seq INTEGER NOT NULL, by TEXT NOT NULL, present INTEGER NOT NULL, registered REAL NOT NULL,
    PRIMARY KEY (relay, track)
  ) STRICT;
  CREATE TABLE ends (
    name TEXT PRIMARY KEY, epoch INTEGER NOT NULL, number INTEGER NOT NULL, beat INTEGER NOT NULL,
    reason TEXT NOT NULL, ended REAL NOT NULL
  ) STRICT;
  `,
  `
  ALTER TABLE ends ADD COLUMN region TEXT NOT NULL DEFAULT '';
  ALTER TABLE ends ADD COLUMN address TEXT NOT NULL DEFAULT '';
  `,
  `
  CREATE TABLE told (revision INTEGER PRIMARY KEY, events TEXT NOT NULL) STRICT;
  `,
  `
  CREATE TABLE access (key TEXT PRIMARY KEY, entry TEXT NOT NULL, until REAL) STRICT;
  `,
];

/**
 * Upgrades a database to the newest schema. Throws when a newer version wrote it: continuing would
 * lose data that only that version understands.
 */
export function migrate(database: DatabaseSync): void {
  const row = database.prepare("PRAGMA user_version").get();
  const version = Number(row?.user_version ?? 0);
  if (version > MIGRATIONS.length) {
    throw new NewerStore(version, MIGRATIONS.length);
  }
  for (const [index, migration] of MIGRATIONS.entries()) {
    if (index < version) continue;
    database.exec(`BEGIN IMMEDIATE; ${migration} PRAGMA user_version = ${index + 1}; COMMIT;`);
  }
}
