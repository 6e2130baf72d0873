import type { AccessBook } from "../registry/mod.ts";

/** The dependencies of {@linkcode RevokedRelays}. */
export interface RevokedRelaysOptions {
  readonly book: Pick<AccessBook, "revokedSubject" | "entries">;
  /** Milliseconds since 1970. */
  readonly wall: () => number;
  readonly isRegistered: (relay: string) => boolean;
  readonly deregister: (relay: string) => Promise<unknown>;
}

/**
 * Ends the registration of relays whose name is revoked, with all that they announce: whoever revoked it,
 * here or at another controller, and whether the relay was there before or came meanwhile elsewhere.
 */
export class RevokedRelays {
  readonly #options: RevokedRelaysOptions;

  constructor(options: RevokedRelaysOptions) {
    this.#options = options;
  }

  /** What is known about access under these keys changed. */
  accessChanged(keys: readonly string[]): void {
    const { entries } = this.#options.book;
    this.relaysChanged(keys.flatMap((key) => {
      const rule = entries.get(key)?.rule;
      return rule !== undefined && "target" in rule ? [rule.target.value] : [];
    }));
  }

  /** These relays changed, and may have registered. */
  relaysChanged(relays: readonly string[]): void {
    const { book, wall, isRegistered, deregister } = this.#options;
    for (const relay of new Set(relays)) {
      if (isRegistered(relay) && book.revokedSubject(relay, wall()) !== undefined) {
        // Where that cannot be stored, its heartbeats are refused all the same, and its lease ends.
        void deregister(relay);
      }
    }
  }
}
