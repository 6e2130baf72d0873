import { done, type Outcome } from "@qumo/shared/runtime";
import { type AuthorizationRequest, type Gate, openGate } from "../../../relay/session/rights.ts";
import type { Refusal } from "../../../relay/track/mod.ts";

/** What a peer is asked about: its coming in, or something it does with all tokens that it showed. */
export interface Question extends Omit<AuthorizationRequest, "action"> {
  readonly action: AuthorizationRequest["action"] | "setup";
}

/** Decides what peers may do, with nothing to remember. */
export type Authorizer = (
  question: Question,
) => Outcome<void, Refusal> | Promise<Outcome<void, Refusal>>;

/** A gate at which a function of a test decides; what it allows lasts. */
export function scriptedGate(authorizer: Authorizer): Gate {
  return {
    async admit(peer) {
      const entry = await authorizer({ action: "setup", namespace: [], tokens: peer.tokens });
      const all = entry.ok ? await openGate.admit(peer) : entry;
      if (!all.ok) return all;
      return done({
        ...all.value,
        async authorize(request) {
          const tokens = [...peer.tokens, ...request.tokens];
          const answer = await authorizer({ ...request, tokens });
          return answer.ok ? await all.value.authorize(request) : answer;
        },
      });
    },
  };
}
