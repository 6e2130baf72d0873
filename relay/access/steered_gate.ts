import { type Clock, done, type Outcome, refused } from "@qumo/shared/runtime";
import type { Credentials, Gate, Rights } from "../session/rights.ts";
import { fieldsOfUrl } from "./paths.ts";
import { PeerRights } from "./peer_rights.ts";
import { type Policy, prefixRule } from "./policy.ts";
import type { Steering } from "./steering.ts";
import type { Denial } from "./denial.ts";

/** Lets everybody do everything that no controller forbids. */
export class SteeredGate implements Gate {
  readonly #clock: Clock;
  readonly #steering: Steering;
  readonly #believesRelays: boolean;

  /** `believesRelays`: whoever says that it is a relay is one. */
  constructor(clock: Clock, steering: Steering, believesRelays: boolean) {
    this.#clock = clock;
    this.#steering = steering;
    this.#believesRelays = believesRelays;
  }

  async admit({ session, path, relayName }: Credentials): Promise<Outcome<Rights, Denial>> {
    if (relayName !== undefined && !this.#believesRelays) return refused(NOT_PROVED);
    await this.#steering.admitting();
    return done(
      new PeerRights({
        session,
        policies: [{ ...EVERYTHING, isRelay: this.#believesRelays }],
        path: fieldsOfUrl(path),
        // Whatever tokens say is not needed here.
        tokens: { ofShown: () => Promise.resolve(done([])) },
        clock: this.#clock,
        bans: this.#steering,
      }),
    );
  }
}

const all = [prefixRule([])];

const EVERYTHING: Policy = {
  holder: { tokenId: undefined, subject: undefined, tenant: undefined, keyId: undefined },
  rules: { publish: all, announce: all, subscribe: all, fetch: all, status: all, see: all },
  until: Infinity,
  limits: {},
  isRelay: false,
};

const NOT_PROVED: Denial = {
  kind: "unauthorized",
  reason: "the peer says that it is a relay, and does not prove it",
};
