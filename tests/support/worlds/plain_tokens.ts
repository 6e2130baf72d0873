import { type Clock, done, type Outcome, refused } from "@qumo/shared/runtime";
import type { Token } from "@qumo/shared/wire";
import { readClaims } from "../../../relay/access/claims.ts";
import type { Denial } from "../../../relay/access/denial.ts";
import type { Policy } from "../../../relay/access/policy.ts";
import { Steering, type SteeringParts } from "../../../relay/access/steering.ts";
import { type PublicPrefixes, TokenGate } from "../../../relay/access/token_gate.ts";
import { RelayMetrics } from "../../../relay/metrics.ts";
import { memoryLog } from "./memory_log.ts";

/** What a gate of a test is like. */
export interface PlainGateOptions {
  readonly public?: Partial<PublicPrefixes>;
  readonly lateTokens?: boolean;
  readonly steering?: Steering;
}

/** A gate at which a token is its claims as JSON: nothing of it waits for cryptography. */
export function plainGate(clock: Clock, options: PlainGateOptions = {}): TokenGate {
  return new TokenGate({
    judge: {
      keys: [],
      takes: (kind) => kind === "jwt",
      ofNobody: () => Promise.resolve(done(undefined)),
      verify: ({ text }) => Promise.resolve(verified(text, clock)),
    },
    lateTokens: false,
    clock,
    steering: steeringOf(clock),
    ...options,
    public: { publish: [], subscribe: [], ...options.public },
  });
}

function verified(text: string, clock: Clock): Outcome<Policy, Denial> {
  const claims = readClaims(parsed(text), { keyId: "plain" });
  if (!claims.ok) return refused({ kind: "malformed_auth_token", reason: claims.refusal });
  const { tokenId = "?", holder, expires: until, ...policy } = claims.value;
  if (until > clock.wall()) return done({ ...policy, until, holder: { ...holder, tokenId } });
  const reason = `token ${tokenId} has expired`;
  return refused({ kind: "expired_auth_token", reason, isFinal: true });
}

function parsed(token: string): unknown {
  try {
    return JSON.parse(token);
  } catch {
    return undefined;
  }
}

/** What a controller may say about access, in a test. */
export function steeringOf(clock: Clock, parts: Partial<SteeringParts> = {}): Steering {
  const { access: counts } = new RelayMetrics();
  return new Steering({ clock, log: memoryLog().log, counts, region: "", waitMs: 5_000, ...parts });
}

/** A token of {@linkcode plainGate} in a message. */
export function plainToken(claims: object): Token {
  return { alias: "none", type: 0n, value: new TextEncoder().encode(JSON.stringify(claims)) };
}

/** The same in a path. */
export function plainPath(path: string, claims: object): string {
  return `${path}?jwt=${encodeURIComponent(JSON.stringify(claims)).replaceAll("'", "%27")}`;
}
