import { type Clock, done, type Outcome, refused } from "@qumo/shared/runtime";
import { createHash } from "node:crypto";
import type { Denial } from "./denial.ts";

/** By which time tokens are judged. */
export interface TokenTime {
  readonly clock: Pick<Clock, "wall">;
  /** How far the clocks of those who make tokens may be off. */
  readonly clockSkewMs: number;
}

/** Until when a token counts, in milliseconds since 1970, if it counts now. */
export function untilOf(
  { notBefore, expires }: { readonly notBefore: number; readonly expires: number },
  tokenId: string,
  { clock, clockSkewMs }: TokenTime,
): Outcome<number, Denial> {
  const now = clock.wall();
  const until = expires + clockSkewMs;
  if (until <= now) {
    const reason = `token ${tokenId} has expired`;
    return refused({ kind: "expired_auth_token", reason, isFinal: true });
  }
  if (notBefore - clockSkewMs > now) {
    return refused({ kind: "unauthorized", reason: `token ${tokenId} is not valid yet` });
  }
  return done(until);
}

/**
 * What a token without an id, or one that cannot be believed, is called: of a JWT by what is signed.
 * Who has one can write its signature otherwise, and it is the same token still: revoked is revoked.
 */
export function nameOf(token: string): string {
  const signed = /^([\w-]+\.[\w-]+)\.[\w-]+$/.exec(token)?.[1];
  return sha256Of(signed ?? token).slice(0, NAME_DIGITS);
}

/** A text's SHA-256, in hexadecimal digits. */
export function sha256Of(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

const NAME_DIGITS = 12;
