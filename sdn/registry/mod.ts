/** The registry of relays and their announced tracks: pure state, with time as an argument. */
export {
  type AccessEntry,
  accessKey,
  accessText,
  mergeAccess,
  type PolicyEntry,
  type RevocationEntry,
  revocationId,
} from "./access.ts";
export {
  type AccessBook,
  type AccessCapacity,
  type AccessCounts,
  isInForce,
} from "./access_book.ts";
export type { Adoption } from "./adoption.ts";
export type { AccessCommand } from "./access_command.ts";
export type { Command, CommandAnswer, Match } from "./command.ts";
export type { Directory, DirectoryCursor } from "./directory.ts";
export { BEATS_PER_LEASE } from "./limits.ts";
export * from "./model.ts";
export type { Kept, StoredRelay } from "./reconcile.ts";
export { Registry } from "./registry.ts";
export type { RelayEntry } from "./relay_entry.ts";
