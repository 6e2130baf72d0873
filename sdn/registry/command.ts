import type { Registration } from "@qumo/shared/topology";
import type { AccessCommand } from "./access_command.ts";
import type { Step } from "./model.ts";

/** A change that a relay, client or operator requests. */
export type Command =
  | {
    readonly kind: "register";
    readonly name: string;
    readonly body: Registration;
    readonly match?: Match;
    /**
     * The current time in milliseconds since 1970, which limits how far ahead an epoch may be, and
     * until which a revocation of the name must last; absent: no limit.
     */
    readonly wall?: number;
  }
  | { readonly kind: "deregister"; readonly name: string; readonly match?: Match }
  | { readonly kind: "drain"; readonly name: string; readonly on: boolean }
  | {
    readonly kind: "announce";
    readonly relay: string;
    readonly track: string;
    /** As of `register`: the name of a relay may be revoked until a time. */
    readonly wall?: number;
  }
  | { readonly kind: "withdraw"; readonly relay: string; readonly track: string }
  | AccessCommand;

/** Compare-and-set: the revision at which the relay must have changed last, or `any`. */
export type Match = number | "any";

/**
 * The result of an accepted command. The caller stores the step, then publishes it, then answers.
 */
export interface Ready {
  /** The change to store and publish. Absent when nothing changed, as for most heartbeats. */
  readonly step?: Step;
  /** The relay whose lease must also be renewed in a shared store. */
  readonly renews?: string;
  /** The answer for the caller. */
  readonly answer: CommandAnswer;
}

/** The answer to an accepted command. */
export interface CommandAnswer {
  readonly hasChanged: boolean;
  /** When the relay's lease ends, for commands that renew it. */
  readonly leaseEnd?: number;
  /** Set when the relay's announces differ from the digest in its heartbeat. */
  readonly resendAnnounces?: boolean;
}
