/** Where the state of a registry outlives the process. */
export { EtcdRefusal } from "./etcd_client.ts";
export { type EtcdOptions, EtcdStore } from "./etcd.ts";
export { MemoryStore } from "./memory.ts";
export { type SqliteOptions, SqliteStore } from "./sqlite.ts";
export { openEvents, openSqlite } from "./sqlite_open.ts";
export { type Sharing, type Store, StoreConflict, type Stored, type Timeline } from "./types.ts";
