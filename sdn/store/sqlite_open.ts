import { SqliteEvents } from "./sqlite_events.ts";
import { type SqliteOptions, SqliteStore } from "./sqlite.ts";

/** Opens the store in a folder, which is made if it is not there. Rejects when it cannot be had. */
export async function openSqlite(folder: string, options: SqliteOptions): Promise<SqliteStore> {
  await Deno.mkdir(folder, { recursive: true });
  return new SqliteStore(`${folder}/state.sqlite`, options);
}

/** Opens the events in a folder, which is made if it is not there. Rejects when they cannot be had. */
export async function openEvents(
  folder: string,
  options: ConstructorParameters<typeof SqliteEvents>[1],
): Promise<SqliteEvents> {
  await Deno.mkdir(folder, { recursive: true });
  return new SqliteEvents(`${folder}/events.sqlite`, options);
}
