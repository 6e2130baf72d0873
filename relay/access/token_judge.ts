import { done, type Outcome, refused } from "@qumo/shared/runtime";
import type { CatVerifier } from "./cat/cat_verifier.ts";
import type { Denial } from "./denial.ts";
import type { Hook } from "./hook/hook.ts";
import type { Judge, Peer, Token } from "./judge.ts";
import type { Policy } from "./policy.ts";
import type { Verifier } from "./verifier.ts";

/** The dependencies of a {@linkcode TokenJudge}. */
export interface TokenJudgeParts {
  readonly jwt: Verifier;
  readonly cat: CatVerifier | undefined;
  readonly hook: Hook | undefined;
}

/** Asks keys first, and the hook for tokens that are none of theirs and for peers without any. */
export class TokenJudge implements Judge {
  readonly #parts: TokenJudgeParts;

  constructor(parts: TokenJudgeParts) {
    this.#parts = parts;
  }

  get keys(): unknown {
    return this.#parts.jwt.keys;
  }

  takes(kind: Token["kind"]): boolean {
    return kind === "jwt" || this.#parts.cat !== undefined;
  }

  async verify({ kind, text }: Token, peer: Peer): Promise<Outcome<Policy, Denial>> {
    const { jwt, cat, hook } = this.#parts;
    if (kind === "cat" && cat !== undefined) return await catOf(cat, text);
    const verified = await jwt.verify(text);
    if (hook === undefined || verified.ok || verified.refusal.isStrange !== true) return verified;
    return await hook.ask(peer, text);
  }

  async ofNobody(peer: Peer): Promise<Outcome<Policy | undefined, Denial>> {
    return await this.#parts.hook?.ask(peer) ?? done(undefined);
  }
}

/** In a URL it may have been written with padding, and with the alphabet of base64. */
async function catOf(cat: CatVerifier, text: string): Promise<Outcome<Policy, Denial>> {
  try {
    const plain = text.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
    return await cat.verify(Uint8Array.fromBase64(plain, { alphabet: "base64url" }));
  } catch {
    return refused({ kind: "malformed_auth_token", reason: "the CAT is no base64url" });
  }
}
