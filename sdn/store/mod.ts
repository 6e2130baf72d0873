/** Where the state of a registry outlives the process. */
export { MemoryStore } from "./memory.ts";
export { type SqliteOptions, SqliteStore } from "./sqlite.ts";
export { openSqlite } from "./sqlite_open.ts";
export type { Store, Stored, Timeline } from "./types.ts";
