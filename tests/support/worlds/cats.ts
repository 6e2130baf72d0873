import { encode, Tagged } from "cborg";
import { createHmac } from "node:crypto";

/** The key that tokens of tests are signed with. */
export const CAT_SECRET = new TextEncoder().encode("a secret of thirty-two bytes or so");

/** The same as a JWK. */
export const CAT_KEY = {
  kty: "oct",
  alg: "HS256",
  kid: "cat",
  k: CAT_SECRET.toBase64({ alphabet: "base64url", omitPadding: true }),
};

/** How a token of a test differs from one that is good. */
export interface CatForm {
  readonly header?: ReadonlyMap<number, unknown>;
  readonly loose?: ReadonlyMap<number, unknown>;
  /** In place of the claims. */
  readonly payload?: Uint8Array;
  readonly secret?: Uint8Array;
  readonly context?: string;
  /** The tags around it, the outermost first. */
  readonly tags?: readonly number[];
}

export const HS256 = 5;

/** A CWT as COSE_Mac0, with whatever claims. */
export function catOf(
  claims: ReadonlyMap<number, unknown>,
  form: CatForm = {},
): Uint8Array<ArrayBuffer> {
  const head = encode(form.header ?? new Map([[1, HS256]]));
  const payload = form.payload ?? encode(claims);
  const signed = encode([form.context ?? "MAC0", head, new Uint8Array(), payload]);
  const tag = createHmac("sha256", form.secret ?? CAT_SECRET).update(signed).digest();
  const message = [head, form.loose ?? new Map(), payload, new Uint8Array(tag)];
  const { tags = [17] } = form;
  return new Uint8Array(
    encode(tags.reduceRight<unknown>((inner, tag) => new Tagged(tag, inner), message)),
  );
}

/** A text as the bytes of a match. */
export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
