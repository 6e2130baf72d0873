import { type SqliteOptions, SqliteStore } from "./sqlite.ts";

/** Opens the store in a folder, which is made if it is not there. Rejects when it cannot be had. */
export async function openSqlite(folder: string, options: SqliteOptions): Promise<SqliteStore> {
  await Deno.mkdir(folder, { recursive: true });
  return new SqliteStore(`${folder}/state.sqlite`, options);
}
