import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { AccessEntry, Kept, RelayState, Tombstone, TrackState } from "../registry/mod.ts";
import {
  accessFromText,
  drainFromText,
  nameFromKey,
  nameToKey,
  recordFromText,
  versionOf,
} from "./rows.ts";
import type { Stored, Timeline } from "./types.ts";

type Row = Record<string, unknown>;

/** Reads the content of a SQLite store, all of it or one relay's. */
export class SqliteReader {
  readonly #database: DatabaseSync;
  readonly #timeline: Timeline;
  readonly #relay: StatementSync;
  readonly #tracks: StatementSync;
  readonly #end: StatementSync;
  readonly #access: StatementSync;

  constructor(database: DatabaseSync, timeline: Timeline) {
    this.#database = database;
    this.#timeline = timeline;
    this.#relay = database.prepare("SELECT * FROM relays WHERE name = ?");
    this.#tracks = database.prepare("SELECT * FROM tracks WHERE relay = ? ORDER BY rowid");
    this.#end = database.prepare("SELECT * FROM ends WHERE name = ?");
    this.#access = database.prepare("SELECT entry FROM access WHERE key = ?");
  }

  /** The whole content. */
  all(): Stored {
    const tracks = this.#allTracks();
    const relays = this.#database.prepare("SELECT * FROM relays").all().map((row): RelayState => {
      const { record, drain } = relayOf(row);
      const { epoch, number, seq } = record.version;
      const own = tracks.get(record.name) ?? new Map();
      const alive = { record, ...(drain && { drain }), tracks: own };
      return { name: record.name, life: { epoch, number }, beat: seq, alive };
    });
    const tombstones = this.#database.prepare("SELECT * FROM ends").all()
      .map((row) => this.#tombstone(row));
    const revision = Number(this.#database.prepare("SELECT revision FROM state").get()?.revision);
    const access = this.#database.prepare("SELECT entry FROM access").all()
      .map(({ entry }) => accessFromText(String(entry)));
    return { revision, relays, tombstones, access };
  }

  /** What is known about access under a key. */
  access(key: string): AccessEntry | undefined {
    const row = this.#access.get(nameToKey(key));
    return row && accessFromText(String(row.entry));
  }

  /** A living relay. */
  kept(name: string): Kept | undefined {
    const key = nameToKey(name);
    const row = this.#relay.get(key);
    if (row === undefined) return undefined;
    const tracks = new Map<string, TrackState>();
    for (const one of this.#tracks.iterate(key)) {
      tracks.set(String(one.track), this.#track(one));
    }
    return { ...relayOf(row), tracks };
  }

  /** A relay's tombstone. */
  end(name: string): Tombstone | undefined {
    const row = this.#end.get(nameToKey(name));
    return row && this.#tombstone(row);
  }

  #allTracks(): Map<string, Map<string, TrackState>> {
    const tracks = new Map<string, Map<string, TrackState>>();
    for (const row of this.#database.prepare("SELECT * FROM tracks ORDER BY rowid").iterate()) {
      const relay = nameFromKey(String(row.relay));
      const own = tracks.get(relay) ?? new Map<string, TrackState>();
      own.set(String(row.track), this.#track(row));
      tracks.set(relay, own);
    }
    return tracks;
  }

  #track(row: Row): TrackState {
    const present = row.present === 1;
    const registeredAt = present ? this.#timeline.fromWall(Number(row.registered)) : 0;
    return { version: versionOf(row), present, registeredAt };
  }

  #tombstone(row: Row): Tombstone {
    return {
      name: nameFromKey(String(row.name)),
      life: { epoch: Number(row.epoch), number: Number(row.number) },
      beat: Number(row.beat),
      reason: row.reason === "deregistered" ? "deregistered" : "expired",
      endedAt: this.#timeline.fromWall(Number(row.ended)),
      ...(row.region !== "" && { region: String(row.region) }),
      ...(row.address !== "" && { address: String(row.address) }),
    };
  }
}

function relayOf(row: Row): Pick<Kept, "record" | "drain"> {
  const record = recordFromText(String(row.record));
  return { record, ...(row.drain !== null && { drain: drainFromText(String(row.drain)) }) };
}
