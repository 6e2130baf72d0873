import { type Clock, done, type Outcome, refused, type Timer } from "@qumo/shared/runtime";
import type { AuthorizationRequest, Permit, Rights, ShownToken } from "../session/rights.ts";
import type { SessionLimits } from "../session/settings.ts";
import { MAX_REFUSED_TOKENS, MAX_SLEEP_MS } from "./limits.ts";
import { fieldsOfUrl } from "./paths.ts";
import { NEEDS } from "./request_permit.ts";
import {
  allows,
  allowsUnder,
  type AskedName,
  type Holder,
  type Right,
  rulesOfScope,
} from "./policy.ts";
import type { Bearer, Loss, Present } from "./present.ts";
import { relayTokensOf } from "./relay_tokens.ts";
import type { ProvenRelay, RelayVerifier } from "./relay_verifier.ts";
import type { Denial } from "./denial.ts";

/** The dependencies of {@linkcode RelayRights}. */
export interface RelayRightsParts {
  readonly relay: ProvenRelay;
  /** The path of its connection. */
  readonly path: string;
  readonly verifier: Pick<RelayVerifier, "verify">;
  /** What is revoked; absent: nothing is. */
  readonly bans?: RelayBans;
  /** The number of its session. */
  readonly session: number;
  readonly clock: Clock;
}

/** What controllers revoke, and who is here to lose by it. */
export interface RelayBans {
  readonly present: Pick<Present, "enter" | "leave" | "hold" | "release">;
  ofHolder(holder: Holder): Denial | undefined;
}

/**
 * The rights of another relay of the mesh, for as long as it proves its name again in time, and neither
 * its name, its key nor its token is revoked.
 */
export class RelayRights implements Rights, Bearer {
  readonly isRelay = true;
  readonly holder: Rights["holder"];
  readonly session: number;
  readonly since: number;
  // What a relay passes on counts where it was published.
  readonly tracks = 0;
  readonly requests = [];
  readonly #parts: RelayRightsParts;
  #relay: ProvenRelay;
  #refused = 0;
  #timer: Timer | undefined;
  #tell: ((refusal: Denial) => void) | undefined;
  #isClosed = false;

  constructor(parts: RelayRightsParts) {
    this.#parts = parts;
    this.#relay = parts.relay;
    const { tokenId, name, keyId } = parts.relay;
    this.holder = { token: tokenId, subject: name, key: keyId };
    this.session = parts.session;
    this.since = parts.clock.wall();
    parts.bans?.present.enter(this);
    parts.bans?.present.hold(this, holderOf(parts.relay));
  }

  measured<Counts>(counts: Counts): Counts {
    return counts;
  }

  limitsOf(configured: SessionLimits): SessionLimits {
    return configured;
  }

  authorize(
    { action, namespace, track, scope }: AuthorizationRequest,
  ): Promise<Outcome<Permit, Denial>> {
    const path = fieldsOfUrl(scope ?? this.#parts.path);
    const { right, isPrefix } = NEEDS[action];
    const name = { path, namespace, track: track?.name };
    return Promise.resolve(
      this.#may(right, name, isPrefix) ? done(this.#permit(path)) : refused(this.#outOfScope()),
    );
  }

  /** Takes the next proof of the same relay. */
  async renew(tokens: readonly ShownToken[]): Promise<Outcome<void, Denial>> {
    const [token] = relayTokensOf({ path: "", tokens });
    if (token === undefined) return done(undefined);
    if (this.#refused >= MAX_REFUSED_TOKENS) return refused(TOO_OFTEN);
    const verified = await this.#parts.verifier.verify(token);
    if (!verified.ok) {
      this.#refused++;
      return verified;
    }
    const { name } = this.#relay;
    if (verified.value.name !== name) {
      const reason = `the token is another relay's, and not ${name}'s`;
      return refused({ kind: "unauthorized", reason });
    }
    const { bans } = this.#parts;
    const banned = bans?.ofHolder(holderOf(verified.value));
    if (banned !== undefined) return refused(banned);
    if (!this.#isClosed) {
      bans?.present.hold(this, holderOf(verified.value));
      bans?.present.release(this, holderOf(this.#relay));
    }
    this.#relay = verified.value;
    return done(undefined);
  }

  onLost(tell: (refusal: Denial) => void): void {
    this.#tell = tell;
    this.#sleep();
    // It may have been revoked while its session began.
    this.review();
  }

  review(): Loss {
    const denial = this.#parts.bans?.ofHolder(holderOf(this.#relay));
    return denial === undefined ? UNHARMED : this.expel(denial);
  }

  end(denial: Denial, isMeant: (holder: Holder) => boolean): Loss {
    return isMeant(holderOf(this.#relay)) ? this.expel(denial) : UNHARMED;
  }

  expel(denial: Denial): Loss {
    const tell = this.#tell;
    this.#tell = undefined;
    tell?.(denial);
    return { requests: 0, isOver: tell !== undefined };
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#tell = undefined;
    this.#timer?.cancel();
    const { bans } = this.#parts;
    bans?.present.release(this, holderOf(this.#relay));
    bans?.present.leave(this);
  }

  #sleep(): void {
    const { clock } = this.#parts;
    // The clock of the machine may be corrected meanwhile, and the proof renewed.
    const delay = Math.min(Math.max(this.#relay.until - clock.wall(), 0), MAX_SLEEP_MS);
    this.#timer = clock.after(delay, () => {
      if (clock.wall() < this.#relay.until) return this.#sleep();
      const { name, tokenId } = this.#relay;
      const reason =
        `the relay ${name} has not proved its name again: token ${tokenId} has expired`;
      this.#tell?.({ kind: "expired_auth_token", reason });
    });
  }

  /** Nothing but the end of the session ends it. */
  #permit(path: AskedName["path"]): Permit {
    return {
      shows: (namespace) => this.#may("see", { path, namespace }, false),
      offers: ({ namespace, name: track }) =>
        this.#may("subscribe", { path, namespace, track }, false) ? this.#permit(path) : undefined,
      onLost: () => {},
      onChange: () => {},
      renew: () => Promise.resolve(done(undefined)),
      release: () => {},
    };
  }

  #may(right: Right, name: AskedName, isPrefix: boolean): boolean {
    const { scope } = this.#relay;
    if (scope === undefined) return true;
    const rules = rulesOfScope(scope);
    return isPrefix ? allowsUnder({ rules }, right, name) : allows({ rules }, right, name);
  }

  #outOfScope(): Denial {
    const reason = `the key of the relay ${this.#relay.name} does not allow it`;
    return { kind: "unauthorized", reason };
  }
}

/** Whose the token of a relay is: its name is the subject. */
export function holderOf({ name, tokenId, keyId }: ProvenRelay): Holder {
  return { tokenId, subject: name, tenant: undefined, keyId };
}

const UNHARMED: Loss = { requests: 0, isOver: false };

const TOO_OFTEN: Denial = {
  kind: "unauthorized",
  reason: `more than ${MAX_REFUSED_TOKENS} tokens of this session were no good`,
};
