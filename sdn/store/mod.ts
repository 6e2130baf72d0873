/** Where the state of a registry outlives the process. */
export { copyDataDir } from "./sqlite_copy.ts";
export { DataDir, type DataDirUser } from "./data_dir.ts";
export { EtcdError } from "./etcd_client.ts";
export { type EtcdOptions, EtcdStore } from "./etcd.ts";
export { MemoryStore } from "./memory.ts";
export { SqliteStore } from "./sqlite.ts";
export type { EventsOptions } from "./sqlite_events.ts";
export { type Sharing, type Store, StoreConflict, type Stored, type Timeline } from "./types.ts";
