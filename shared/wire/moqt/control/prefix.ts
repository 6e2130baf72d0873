import type { Codec } from "../../codec.ts";
import { type Namespace, namespace, ownNamespace } from "../../names.ts";

/**
 * The prefix of drafts 14 and 15, of 1 to 32 fields. One without fields is understood all the same:
 * clients send it who want to know of everything.
 */
export const prefixWithFields: Codec<Namespace> = {
  encode: ownNamespace.encode,
  decode: namespace.decode,
};
