import { type Clock, done, refused } from "@qumo/shared/runtime";
import type { Token } from "@qumo/shared/wire";
import { readClaims } from "../../../relay/access/claims.ts";
import { type PublicPrefixes, TokenGate } from "../../../relay/access/token_gate.ts";
import type { Gate } from "../../../relay/session/rights.ts";
import type { RelayMetrics } from "../../../relay/metrics.ts";

/** What a gate of a test is like. */
export interface PlainGateOptions {
  readonly public?: Partial<PublicPrefixes>;
  readonly lateTokens?: boolean;
  readonly access?: RelayMetrics["access"];
}

/** A gate at which a token is its claims as JSON: nothing of it waits for cryptography. */
export function plainGate(clock: Clock, options: PlainGateOptions = {}): Gate {
  const { public: open, lateTokens = false, access } = options;
  return new TokenGate({
    verifier: {
      keys: [],
      verify(token) {
        const claims = readClaims(parsed(token), { keyId: "plain" });
        if (!claims.ok) {
          const reason = claims.refusal;
          return Promise.resolve(refused({ kind: "malformed_auth_token", reason }));
        }
        const { tokenId = "?", holder, expires: until, ...policy } = claims.value;
        const reason = `token ${tokenId} has expired`;
        return Promise.resolve(
          until > clock.wall()
            ? done({ ...policy, until, holder: { ...holder, tokenId } })
            : refused({ kind: "expired_auth_token", reason }),
        );
      },
    },
    public: { publish: [], subscribe: [], ...open },
    lateTokens,
    clock,
    onCut: () => void (access !== undefined && access.requestsCut++),
  });
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
