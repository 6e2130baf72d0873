import { type Codec, prefixed } from "../../codec.ts";
import { DecodeError } from "../../errors.ts";
import { MAX_REASON_BYTES, MAX_URI_BYTES } from "../../limits.ts";

const encoder = new TextEncoder();
const lenient = new TextDecoder("utf-8", { ignoreBOM: true });
const strict = new TextDecoder("utf-8", { ignoreBOM: true, fatal: true });

const reasonBytes = prefixed(MAX_REASON_BYTES, "a reason");
const uriBytes = prefixed(MAX_URI_BYTES, "a URI");

/**
 * A reason phrase (#reason-phrase). It is for people alone: what is not UTF-8 is replaced, and what
 * is too long to send is cut, so that a reason which grew by replacement can still be passed on.
 */
export const reason: Codec<string> = {
  encode(writer, value) {
    const bytes = new Uint8Array(MAX_REASON_BYTES);
    const { written } = encoder.encodeInto(value, bytes);
    reasonBytes.encode(writer, bytes.subarray(0, written));
  },
  decode: (reader) => lenient.decode(reasonBytes.decode(reader)),
};

/**
 * A URI to connect to instead. It is used and passed on, so text that is not UTF-8 is refused, not
 * replaced.
 */
export const uri: Codec<string> = {
  encode: (writer, value) => uriBytes.encode(writer, encoder.encode(value)),
  decode(reader) {
    const bytes = uriBytes.decode(reader);
    try {
      return strict.decode(bytes);
    } catch {
      throw new DecodeError("malformed", "A URI is not UTF-8");
    }
  },
};
