import { type Clock, done, type Outcome, refused } from "@qumo/shared/runtime";
import type { Credentials, Gate, Rights } from "../session/rights.ts";
import type { Namespace } from "@qumo/shared/wire";
import { fieldsOf, fieldsOfUrl, tokensOfUrl } from "./paths.ts";
import { PeerRights } from "./peer_rights.ts";
import type { Judge } from "./judge.ts";
import { allowsUnder, type Policy, prefixRule, RIGHTS, rulesOfScope } from "./policy.ts";
import type { Steering } from "./steering.ts";
import { VerifiedTokens } from "./verified_tokens.ts";
import type { Denial } from "./denial.ts";

/** What anybody may do, as prefixes of names. */
export interface PublicPrefixes {
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
}

/** The dependencies of {@linkcode TokenGate}. */
export interface TokenGateParts {
  readonly judge: Judge;
  readonly public: PublicPrefixes;
  /** Whether peers may come in that show their tokens with their requests. */
  readonly lateTokens: boolean;
  readonly clock: Clock;
  readonly steering: Steering;
}

/** Lets peers in by their tokens, and everybody to what is public. */
export class TokenGate implements Gate {
  readonly #parts: TokenGateParts;
  #public: readonly Policy[];

  constructor(parts: TokenGateParts) {
    this.#parts = parts;
    this.#public = publicPolicies(parts.public);
  }

  /** Changes what anybody may do; who is here already keeps what it has. */
  open(everybody: PublicPrefixes): void {
    this.#public = publicPolicies(everybody);
  }

  async admit(peer: Credentials): Promise<Outcome<Rights, Denial>> {
    const { judge, clock, steering, lateTokens } = this.#parts;
    await steering.admitting();
    const tokens = new VerifiedTokens(judge, peer, clock);
    const inUrl = await tokens.of(tokensOfUrl(peer.path).filter(({ kind }) => judge.takes(kind)));
    if (!inUrl.ok) return inUrl;
    const inSetup = await tokens.ofShown(peer.tokens);
    if (!inSetup.ok) return inSetup;
    const shown = [...inUrl.value, ...inSetup.value];
    const unasked = shown.length > 0 ? done(undefined) : await judge.ofNobody(peer);
    const own = unasked.ok && unasked.value !== undefined ? [unasked.value] : shown;
    const { relayName } = peer;
    if (relayName !== undefined && !own.some((policy) => isOfRelay(policy, relayName))) {
      return refused(NO_RELAY);
    }
    const policies = [...own, ...this.#public];
    const path = fieldsOfUrl(peer.path);
    const isForPath = policies.some((policy) => policy.opens === true || reaches(policy, path));
    if (!isForPath && !(lateTokens && own.length === 0)) {
      if (!unasked.ok) return unasked;
      return refused(own.length === 0 ? NO_TOKEN : foreign(own));
    }
    const banned = steering.ofSession(own);
    if (banned !== undefined) return refused(banned);
    const { session } = peer;
    return done(new PeerRights({ session, policies, path, tokens, clock, bans: steering }));
  }
}

/** Whether a policy allows anything at all to a peer that connected to a path. */
function reaches(policy: Policy, path: Namespace): boolean {
  return RIGHTS.some((right) => allowsUnder(policy, right, { path, namespace: [] }));
}

/** Whether a token says that its holder is the relay of this name. */
function isOfRelay({ isRelay, holder }: Policy, name: string): boolean {
  return isRelay && holder.subject === name;
}

function publicPolicies({ publish, subscribe }: PublicPrefixes): Policy[] {
  if (publish.length + subscribe.length === 0) return [];
  const put = publish.map((path) => prefixRule(fieldsOf(path)));
  const get = subscribe.map((path) => prefixRule(fieldsOf(path)));
  return [{
    holder: { tokenId: undefined, subject: undefined, tenant: undefined, keyId: undefined },
    rules: rulesOfScope({ put, get }),
    until: Infinity,
    limits: {},
    isRelay: false,
  }];
}

function foreign(policies: readonly Policy[]): Denial {
  const ids = policies.map(({ holder }) => holder.tokenId).join(" ");
  return { kind: "unauthorized", reason: `token ${ids} is not for this path` };
}

const NO_TOKEN: Denial = { kind: "unauthorized", reason: "no token was shown" };

const NO_RELAY: Denial = {
  kind: "unauthorized",
  reason: "no token says that this is the relay that it says it is",
};
