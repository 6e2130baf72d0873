import { createHash, timingSafeEqual } from "node:crypto";

/** A secret of which only the SHA-256 is kept, 32 bytes. */
export interface HashedToken {
  readonly sha256: Uint8Array;
}

/** A secret of a configuration: its SHA-256 in hexadecimal digits, or the file that holds it. */
export interface TokenSetting {
  readonly sha256?: string | undefined;
  readonly token_file?: string | undefined;
}

/** The token of an Authorization header of type Bearer; undefined where there is none. */
export function bearerToken(header: string | null): string | undefined {
  return /^Bearer +([^\s]+)$/i.exec(header ?? "")?.[1];
}

/**
 * The password of an Authorization header of type Basic, by which browsers send a token; undefined
 * where there is none.
 */
export function basicPassword(header: string | null): string | undefined {
  const encoded = /^Basic +([A-Za-z0-9+/]+=*)$/i.exec(header ?? "")?.[1];
  if (encoded === undefined) return undefined;
  try {
    return /^[^:]*:([^]*)$/.exec(atob(encoded))?.[1];
  } catch {
    return undefined;
  }
}

/** The known token that this text is, compared in constant time. */
export function findToken<T extends HashedToken>(text: string, known: readonly T[]): T | undefined {
  const digest = sha256(text);
  let found: T | undefined;
  for (const token of known) {
    if (timingSafeEqual(token.sha256, digest)) found = token;
  }
  return found;
}

/** Reads a secret of a configuration. Rejects when its file cannot be read. */
export async function hashedToken(
  { sha256: digits = "", token_file: path }: TokenSetting,
  readText: (path: string) => Promise<string>,
): Promise<HashedToken> {
  if (path === undefined) return { sha256: Uint8Array.fromHex(digits) };
  return { sha256: sha256((await readText(path)).trim()) };
}

function sha256(text: string): Uint8Array {
  return createHash("sha256").update(text).digest();
}
