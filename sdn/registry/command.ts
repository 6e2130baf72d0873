import type { Registration } from "@qumo/shared/topology";
import type { Step } from "./model.ts";

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

/**
 * What an accepted command leads to. Whoever gave it first keeps what is to be kept, then publishes
 * it, then answers.
 */
export interface Ready {
  /** To be kept and published. Absent when nothing changed: a heartbeat, most of the time. */
  readonly step?: Step;
  /** Whose lease is to be prolonged where that is not the registry's matter alone. */
  readonly renews?: string;
  /** To be answered. */
  readonly answer: CommandAnswer;
}

/** What whoever gave a command is told. */
export interface CommandAnswer {
  readonly hasChanged: boolean;
  /** When the relay's lease ends, where the command was a sign of life. */
  readonly leaseEnd?: number;
  /** Set when the relay's announces are not those that it says it has. */
  readonly resendAnnounces?: boolean;
}
