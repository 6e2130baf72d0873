import { type Clock, done, type Log, refused } from "@qumo/shared/runtime";
import type { Token } from "@qumo/shared/wire";
import { readClaims } from "../../../relay/access/claims.ts";
import { type PublicPrefixes, TokenGate } from "../../../relay/access/token_gate.ts";
import type { Gate } from "../../../relay/session/rights.ts";
import { Steering } from "../../../relay/access/steering.ts";
import { RelayMetrics } from "../../../relay/metrics.ts";
import { memoryLog } from "./memory_log.ts";

/** What a gate of a test is like. */
export interface PlainGateOptions extends SteeringOptions {
  readonly public?: Partial<PublicPrefixes>;
  readonly lateTokens?: boolean;
  readonly steering?: Steering;
}

/** What {@linkcode steeringOf} is made of. */
export interface SteeringOptions {
  readonly access?: RelayMetrics["access"];
  readonly log?: Log;
  readonly region?: string;
  readonly waitMs?: number;
}

/** A gate at which a token is its claims as JSON: nothing of it waits for cryptography. */
export function plainGate(clock: Clock, options: PlainGateOptions = {}): Gate {
  const { public: open, lateTokens = false } = options;
  const { steering = steeringOf(clock, options) } = options;
  return new TokenGate({
    judge: {
      keys: [],
      takes: (kind) => kind === "jwt",
      ofNobody: () => Promise.resolve(done(undefined)),
      verify({ text }) {
        const claims = readClaims(parsed(text), { keyId: "plain" });
        if (!claims.ok) {
          const reason = claims.refusal;
          return Promise.resolve(refused({ kind: "malformed_auth_token", reason }));
        }
        const { tokenId = "?", holder, expires: until, ...policy } = claims.value;
        const reason = `token ${tokenId} has expired`;
        return Promise.resolve(
          until > clock.wall()
            ? done({ ...policy, until, holder: { ...holder, tokenId } })
            : refused({ kind: "expired_auth_token", reason, isFinal: true }),
        );
      },
    },
    public: { publish: [], subscribe: [], ...open },
    lateTokens,
    clock,
    steering,
  });
}

/** What a controller may say about access, in a test. */
export function steeringOf(
  clock: Clock,
  { access = new RelayMetrics().access, log = memoryLog().log, region = "", waitMs = 5_000 }:
    SteeringOptions = {},
): Steering {
  return new Steering({ clock, log, counts: access, region, waitMs });
}

/** A token of {@linkcode plainGate} in a message. */
export function plainToken(claims: object): Token {
  return { alias: "none", type: 0n, value: new TextEncoder().encode(JSON.stringify(claims)) };
}

/** The same in a path. */
export function plainPath(path: string, claims: object): string {
  return `${path}?jwt=${encodeURIComponent(JSON.stringify(claims)).replaceAll("'", "%27")}`;
}

function parsed(token: string): unknown {
  try {
    return JSON.parse(token);
  } catch {
    return undefined;
  }
}
