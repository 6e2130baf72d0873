/** Persistent storage of the registry's state. */
export { copyDataDir } from "./sqlite_copy.ts";
export { DataDir, type DataDirUser } from "./data_dir.ts";
export { EtcdError } from "./etcd_client.ts";
export { EtcdStore } from "./etcd.ts";
export { NewerStore } from "./newer_store.ts";
export { MemoryStore } from "./memory.ts";
export type { EventsOptions } from "./sqlite_events.ts";
export { timelineOf } from "./timeline.ts";
export type { Store, Stored, Timeline } from "./types.ts";
