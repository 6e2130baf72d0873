import type { Token } from "@qumo/shared/wire";

const encoder = new TextEncoder();

/** A path that shows a token. */
export function pathWithToken(path: string, token: string | undefined): string {
  if (token === undefined) return path;
  return `${path}${path.includes("?") ? "&" : "?"}jwt=${encodeURIComponent(token)}`;
}

/** A token as messages show it, whose format both sides agreed on otherwise (#authorization-token). */
export function shownToken(token: string): Token {
  return { alias: "none", type: 0n, value: encoder.encode(token) };
}
