import { ByteReader } from "../bytes.ts";
import { DecodeError } from "../errors.ts";
import { rfc9000 } from "../varint.ts";

/** The message that a client of drafts up to 16 and of moq-lite 01 and 02 begins its session with. */
export const CLIENT_SETUP_TYPE = 0x20n;

/** Limit of versions that are read from a list; the rest of a longer list is ignored. */
const MAX_VERSIONS = 16;

/**
 * The versions that a CLIENT_SETUP offers, from the bytes behind its type; what is not there is left
 * out. Drafts 15 and 16 have no list, and those before 11 another length: then it is empty.
 */
export function offeredVersions(bytes: Uint8Array): bigint[] {
  const versions: bigint[] = [];
  try {
    const reader = new ByteReader(bytes, rfc9000);
    const body = reader.within(Math.min(reader.u16(), reader.remaining));
    const count = Math.min(Number(body.varint()), MAX_VERSIONS);
    while (versions.length < count) {
      const version = body.varint();
      if (versionName(version) === undefined) return [];
      versions.push(version);
    }
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
  }
  return versions;
}

/** `moqt draft 14` for 0xff00000e, `moq-lite-02` for 0xff0dad02. Undefined for what is no version. */
export function versionName(version: bigint): string | undefined {
  const number = version & 0xffn;
  if (version - number === 0xff000000n) return `moqt draft ${number}`;
  if (version - number === 0xff0dad00n) return `moq-lite-${String(number).padStart(2, "0")}`;
  return version === 1n ? "moqt 1" : undefined;
}
