import { createHash } from "node:crypto";

/**
 * A fingerprint of everything one relay announces: the SHA-256, in hexadecimal, of the canonical
 * track texts, sorted by code unit, each ended by a newline (which no canonical text contains).
 */
export function announcesDigest(tracks: Iterable<string>): string {
  const hash = createHash("sha256");
  for (const track of [...tracks].sort()) hash.update(track).update("\n");
  return hash.digest("hex");
}
