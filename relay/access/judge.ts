import type { Outcome } from "@qumo/shared/runtime";
import type { Credentials } from "../session/rights.ts";
import type { Denial } from "./denial.ts";
import type { Policy } from "./policy.ts";

/** A token, with how it is written; its text is base64url where that is bytes. */
export interface Token {
  readonly kind: "jwt" | "cat";
  readonly text: string;
}

/** Who shows a token. */
export type Peer = Pick<Credentials, "path" | "remoteAddress" | "protocol">;

/** Judges tokens, whoever knows about them: keys, or a hook. */
export interface Judge {
  /** The keys that count now: another list when they changed. */
  readonly keys: unknown;
  /** Whether tokens of this kind are looked at. */
  takes(kind: Token["kind"]): boolean;
  /** What a token allows. Never rejects. */
  verify(token: Token, peer: Peer): Promise<Outcome<Policy, Denial>>;
  /** What a peer without a token may do. Never rejects. */
  ofNobody(peer: Peer): Promise<Outcome<Policy | undefined, Denial>>;
}
