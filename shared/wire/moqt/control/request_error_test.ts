import assert from "node:assert/strict";
import { ByteReader, ByteWriter } from "../../bytes.ts";
import { DecodeError, EncodeError } from "../../errors.ts";
import { requestCodes } from "../drafts/draft18_codes.ts";
import type { BodyOf } from "../model/messages.ts";
import { requestErrorOf } from "./request_error.ts";
import { vi64 } from "../../varint.ts";

type RequestErrorBody = BodyOf<"requestError">;

const requestError = requestErrorOf(requestCodes);

function decode(hex: string): RequestErrorBody {
  const reader = new ByteReader(Uint8Array.fromHex(hex.replaceAll(" ", "")), vi64);
  const value = requestError.decode(reader);
  reader.end("the refusal");
  return value;
}

const refusal: RequestErrorBody = { code: "does_not_exist", retryAfter: 0n, reason: "" };
const redirect = { uri: "", namespace: [], name: new Uint8Array(0) };

Deno.test("a refusal has a redirect exactly when its code is REDIRECT", () => {
  assert.equal("redirect" in decode("10 00 00"), false);
  assert.deepEqual(decode("34 00 00 00 00 00").redirect, redirect);
  assert.throws(() => decode("34 00 00"), DecodeError);
  for (const code of ["33", "35", "809d"]) {
    assert.throws(() => decode(`${code} 00 00 00 00 00`), DecodeError);
  }
});

Deno.test("to send REDIRECT without a redirect, or a redirect without it, is a mistake", () => {
  const encode = (body: RequestErrorBody) => requestError.encode(new ByteWriter(vi64), body);
  assert.throws(() => encode({ ...refusal, code: "redirect" }), EncodeError);
  assert.throws(() => encode({ ...refusal, redirect }), EncodeError);
  assert.doesNotThrow(() => encode({ ...refusal, code: "redirect", redirect }));
});

Deno.test("R-031: namespace and name of a redirect have 4096 bytes together", () => {
  const field = (length: number) => `01 ${(0x8000 + length).toString(16)} ${"61".repeat(length)}`;
  assert.doesNotThrow(() => decode(`34 00 00 00 ${field(4095)} 01 76`));
  assert.doesNotThrow(() => decode(`34 00 00 00 ${field(4096)} 00`));
  assert.throws(() => decode(`34 00 00 00 ${field(4096)} 01 76`), DecodeError);
  assert.throws(() => decode(`34 00 00 00 ${field(4097)} 00`), DecodeError);
});
