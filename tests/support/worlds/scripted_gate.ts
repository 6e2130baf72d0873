import { done, type Outcome } from "@qumo/shared/runtime";
import type {
  AuthorizationRequest,
  Gate,
  Permit,
  Rights,
  ShownToken,
} from "../../../relay/session/rights.ts";
import type { Refusal } from "../../../relay/track/mod.ts";

/** What a peer is asked about: its coming in, or something it does with all tokens that it showed. */
export interface Question extends Omit<AuthorizationRequest, "action"> {
  readonly action: AuthorizationRequest["action"] | "setup";
}

/** Decides what peers may do, with nothing to remember. */
export type Authorizer = (
  question: Question,
) => Outcome<void, Refusal> | Promise<Outcome<void, Refusal>>;

const LASTING: Permit = {
  shows: () => true,
  offers: () => LASTING,
  onLost: () => {},
  onChange: () => {},
  renew: () => Promise.resolve(done(undefined)),
  release: () => {},
};

/** A gate at which a function of a test decides. */
export function scriptedGate(authorizer: Authorizer): Gate {
  return {
    async admit({ tokens }) {
      const answer = await authorizer({ action: "setup", namespace: [], tokens });
      return answer.ok ? done(rightsBy(authorizer, tokens)) : answer;
    },
  };
}

function rightsBy(authorizer: Authorizer, ofSetup: readonly ShownToken[]): Rights {
  return {
    isRelay: true,
    holder: {},
    measured: (metrics) => metrics,
    limitsOf: (configured) => configured,
    async authorize(request) {
      const tokens = [...ofSetup, ...request.tokens];
      const answer = await authorizer({ ...request, tokens });
      return answer.ok ? done(LASTING) : answer;
    },
    renew: () => Promise.resolve(done(undefined)),
    onLost: () => {},
    close: () => {},
  };
}
