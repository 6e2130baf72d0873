import { type Codec, struct, varint } from "../../codec.ts";
import { EncodeError } from "../../errors.ts";
import { fullTrackName } from "../../names.ts";
import type { CodeTable, RequestErrorName } from "../model/codes.ts";
import type { BodyOf, Redirect } from "../model/messages.ts";
import { code } from "./code.ts";
import { reason, uri } from "./phrases.ts";

const redirect: Codec<Redirect> = {
  encode(writer, value) {
    uri.encode(writer, value.uri);
    fullTrackName.encode(writer, value);
  },
  decode: (reader) => ({ uri: uri.decode(reader), ...fullTrackName.decode(reader) }),
};

/** The body of a REQUEST_ERROR of a draft with these codes, up to draft 22. */
export function requestErrorOf(
  codes: CodeTable<RequestErrorName>,
): Codec<BodyOf<"requestError">> {
  const fields = struct({ code: code(codes), retryAfter: varint, reason });
  return {
    encode(writer, value) {
      if ((value.code === "redirect") !== (value.redirect !== undefined)) {
        throw new EncodeError(`Cannot encode request error ${value.code}: redirect has a redirect`);
      }
      fields.encode(writer, value);
      if (value.redirect !== undefined) redirect.encode(writer, value.redirect);
    },
    decode(reader) {
      const body = fields.decode(reader);
      return body.code === "redirect" ? { ...body, redirect: redirect.decode(reader) } : body;
    },
  };
}
