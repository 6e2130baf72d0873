import { type Codec, struct, varint } from "../../codec.ts";
import { EncodeError } from "../../errors.ts";
import { fullTrackName, type Namespace } from "../../names.ts";
import { RequestCode } from "../drafts/draft18_codes.ts";
import { reason, uri } from "./phrases.ts";

/** Where to ask instead (#redirect-structure). An empty URI is the same session. */
export interface Redirect {
  readonly uri: string;
  readonly namespace: Namespace;
  readonly name: Uint8Array;
}

/** A refusal (#message-request-error). `retryAfter` is milliseconds plus one, 0 says never. */
export interface RequestErrorBody {
  readonly code: bigint;
  readonly retryAfter: bigint;
  readonly reason: string;
  /** There exactly when the code is REDIRECT. */
  readonly redirect?: Redirect;
}

const REDIRECT = BigInt(RequestCode.REDIRECT);

const redirect: Codec<Redirect> = {
  encode(writer, value) {
    uri.encode(writer, value.uri);
    fullTrackName.encode(writer, value);
  },
  decode: (reader) => ({ uri: uri.decode(reader), ...fullTrackName.decode(reader) }),
};

const fields = struct({ code: varint, retryAfter: varint, reason });

/** The body of a REQUEST_ERROR. */
export const requestError: Codec<RequestErrorBody> = {
  encode(writer, value) {
    if ((value.code === REDIRECT) !== (value.redirect !== undefined)) {
      throw new EncodeError(`Cannot encode request error ${value.code}: REDIRECT has a redirect`);
    }
    fields.encode(writer, value);
    if (value.redirect !== undefined) redirect.encode(writer, value.redirect);
  },
  decode(reader) {
    const body = fields.decode(reader);
    return body.code === REDIRECT ? { ...body, redirect: redirect.decode(reader) } : body;
  },
};
