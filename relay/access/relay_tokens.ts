import { decodeProtectedHeader, importJWK, type JWK, SignJWT } from "jose";
import type { Credentials } from "../session/rights.ts";
import { MAX_TOKEN_BYTES } from "./limits.ts";
import { tokensOfUrl } from "./paths.ts";
import { AGREED_TYPE } from "./verified_tokens.ts";

/**
 * The type of the tokens by which relays prove their names to each other. It keeps them apart from
 * tokens of users, whoever signed those.
 */
export const RELAY_TOKEN_TYPE = "qumo-relay+jwt";

/** What one relay proves to another. */
export interface RelayClaims {
  /** The name of the relay that calls. */
  readonly name: string;
  /** The name of the relay that is called, which alone takes the token. */
  readonly audience: string;
  /** In milliseconds since 1970. */
  readonly now: number;
  readonly lifetimeMs: number;
  /** The word of a controller that the key is this relay's. */
  readonly grant?: string | undefined;
}

/** Signs the proof of a relay's name, for one other relay and a short time. */
export async function signRelayToken(
  key: JWK & { readonly alg: string },
  { name, audience, now, lifetimeMs, grant }: RelayClaims,
): Promise<string> {
  const seconds = Math.floor(now / 1_000);
  const { alg, kid } = key;
  return await new SignJWT({ cluster: true, ...(grant !== undefined && { grant }) })
    .setProtectedHeader({ alg, typ: RELAY_TOKEN_TYPE, ...(kid !== undefined && { kid }) })
    .setSubject(name)
    .setAudience(audience)
    .setJti(crypto.randomUUID())
    .setIssuedAt(seconds)
    .setExpirationTime(seconds + Math.ceil(lifetimeMs / 1_000))
    .sign(await importJWK(key, alg));
}

/** The tokens of relays among those that a peer shows. */
export function relayTokensOf({ path, tokens }: Pick<Credentials, "path" | "tokens">): string[] {
  const inSetup = tokens
    .filter(({ type, value }) => type === AGREED_TYPE && value.length <= MAX_TOKEN_BYTES)
    .map(({ value }) => String.fromCharCode(...value));
  const inUrl = tokensOfUrl(path).map(({ text }) => text);
  return [...inUrl, ...inSetup].filter(isRelayToken);
}

function isRelayToken(token: string): boolean {
  if (token.length > MAX_TOKEN_BYTES) return false;
  try {
    return decodeProtectedHeader(token).typ === RELAY_TOKEN_TYPE;
  } catch {
    return false;
  }
}
