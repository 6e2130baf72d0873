import { type Clock, done, refused } from "@qumo/shared/runtime";
import type { Credentials, Gate } from "../session/rights.ts";
import { holderOf, type RelayBans, RelayRights } from "./relay_rights.ts";
import { relayTokensOf } from "./relay_tokens.ts";
import type { RelayVerifier } from "./relay_verifier.ts";
import type { Denial } from "./denial.ts";

/** The dependencies of {@linkcode RelayGate}. */
export interface RelayGateParts {
  readonly verifier: Pick<RelayVerifier, "verify">;
  /** Who lets everybody else in. */
  readonly others: Gate;
  /** What is revoked; absent: nothing is. */
  readonly bans?: RelayBans;
  readonly clock: Clock;
}

/** Lets relays of the mesh in by the proof of their names, and leaves everybody else to another gate. */
export class RelayGate implements Gate {
  readonly #parts: RelayGateParts;

  constructor(parts: RelayGateParts) {
    this.#parts = parts;
  }

  async admit(peer: Credentials): ReturnType<Gate["admit"]> {
    const { verifier, others, bans, clock } = this.#parts;
    const [token, ...more] = relayTokensOf(peer);
    if (token === undefined) return await others.admit(peer);
    if (more.length > 0) return refused(SEVERAL);
    const verified = await verifier.verify(token);
    if (!verified.ok) return verified;
    const relay = verified.value;
    const { relayName: said = relay.name, path, session } = peer;
    if (said !== relay.name) {
      const reason = `the peer says it is ${said}, and its token that it is ${relay.name}`;
      return refused({ kind: "unauthorized", reason });
    }
    const banned = bans?.ofHolder(holderOf(relay));
    if (banned !== undefined) return refused(banned);
    const rights = { relay, path, verifier, clock, session };
    return done(new RelayRights({ ...rights, ...(bans !== undefined && { bans }) }));
  }
}

const SEVERAL: Denial = { kind: "malformed_auth_token", reason: "a relay has one token" };
