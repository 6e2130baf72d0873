import type { Registration } from "@qumo/shared/topology";
import type { Batch } from "./model.ts";

/** What somebody wants to change. */
export type Command =
  | {
    readonly kind: "register";
    readonly name: string;
    readonly body: Registration;
    readonly match?: Match;
    /** Milliseconds since 1970 now, which an epoch may not be far ahead of; absent: anything may be. */
    readonly wall?: number;
  }
  | { readonly kind: "deregister"; readonly name: string; readonly match?: Match }
  | { readonly kind: "drain"; readonly name: string; readonly on: boolean }
  | { readonly kind: "announce"; readonly relay: string; readonly track: string }
  | { readonly kind: "withdraw"; readonly relay: string; readonly track: string };

/** Compare-and-set: the revision at which the relay must have changed last, or `any` of them. */
export type Match = number | "any";

/** What an accepted command led to. */
export interface Applied {
  /** Absent when nothing changed: a heartbeat, most of the time. */
  readonly batch?: Batch;
  /** Set when the relay's announces are not those that it says it has. */
  readonly resendAnnounces?: boolean;
}
