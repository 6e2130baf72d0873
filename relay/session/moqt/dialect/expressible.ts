import { DecodeError, EncodeError } from "@qumo/shared/wire";

/** What a draft makes of something that came in another; undefined where it has no words for it. */
export function expressible<T>(write: () => T): T | undefined {
  try {
    return write();
  } catch (error) {
    if (error instanceof EncodeError || error instanceof DecodeError) return undefined;
    throw error;
  }
}
